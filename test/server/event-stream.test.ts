/** The life of one stream: how it is kept alive, and everything that ends it. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventHub, type EventHub } from '../../src/server/events/hub.ts';
import { streamEvents } from '../../src/server/events/stream.ts';
import { startLedger, type TestLedger } from '../ledger/support.ts';
import { until } from '../helpers/until.ts';

let ledger: TestLedger;
let id: string;
let hub: EventHub;
let mayRead: () => Promise<boolean>;
let stopping: AbortController;
let server: Server;
let errors: unknown[];
beforeAll(async () => {
  ledger = await startLedger();
  id = await ledger.accept();
});
afterAll(() => ledger?.stop());
beforeEach(async () => {
  hub = eventHub(ledger.pool, (error) => errors.push(error));
  errors = [];
  mayRead = async () => true;
  stopping = new AbortController();
  const app = express();
  app.get('/', (_request, response) =>
    streamEvents(response, {
      hub,
      provisioningId: id,
      after: 0,
      heartbeatMs: 50,
      mayRead: () => mayRead(),
      stopping: stopping.signal,
    }),
  );
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function open() {
  const leaving = new AbortController();
  const stream = { text: '', isEnded: false, leave: () => leaving.abort() };
  const read = async () => {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: leaving.signal });
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) stream.text += decoder.decode(chunk as Uint8Array);
    stream.isEnded = true;
  };
  read().catch(() => {});
  return stream;
}

test('a reader is told again and again that the stream is alive', async () => {
  const stream = open();
  await until(() => stream.text.split(': still here\n\n').length > 3 || undefined, 'three heartbeats');
  expect(stream.isEnded).toBe(false);
});

test('a reader that may read no more gets no further than the next heartbeat', async () => {
  const stream = open();
  await until(() => stream.text.includes('still here') || undefined, 'a heartbeat');
  mayRead = async () => false;
  await until(() => stream.isEnded || undefined, 'the stream to end');
  expect(errors).toEqual([]);
});

test('while nobody can tell whether a reader may read, the stream goes on', async () => {
  mayRead = async () => {
    throw new Error('the database is away');
  };
  const stream = open();
  await until(() => stream.text.split(': still here\n\n').length > 2 || undefined, 'two heartbeats');
  expect(stream.isEnded).toBe(false);
});

test('a reader that goes away is forgotten', async () => {
  const stream = open();
  await until(() => stream.text.includes('id: 1\n') || undefined, 'the first event');
  expect(hub.size).toBe(1);
  stream.leave();
  await until(() => hub.size === 0 || undefined, 'the reader to be forgotten');
  expect(stream.isEnded).toBe(false);
});

test('a process that has begun to stop opens no stream that lasts', async () => {
  stopping.abort();
  const stream = open();
  await until(() => stream.isEnded || undefined, 'the stream to end');
  await until(() => hub.size === 0 || undefined, 'the reader to be forgotten');
  expect(stream.text).not.toContain('still here');
});

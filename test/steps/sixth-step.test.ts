/** A newcomer's step: files like those in `example`, one line in the list; everything else takes it up from there. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { steps } from '../../src/steps/index.ts';
import { startStack, type Stack } from '../helpers/stack.ts';
import { untilReady } from '../server/support.ts';
import type { StatusPage } from './example/status.ts';
import { statusPage } from './example/status-page.ts';

/** The new provider: pages in memory, published at the second look; the answer of the first create gets lost. */
let pages: StatusPage[];
let isPublishing: boolean;
let isAnswerLost: boolean;
let provider: Server;
let stack: Stack | undefined;

beforeEach(async () => {
  pages = [];
  isPublishing = true;
  isAnswerLost = false;
  provider = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(provider, 'listening');
});
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
  provider.closeAllConnections();
  provider.close();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '' } = request;
  const send = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const id = /^\/pages\/(.+)$/.exec(url)?.[1];
  const found = pages.find((page) => page.id === id);
  if (method === 'POST') {
    const page = newPage(await readJson(request));
    pages.push(page);
    if (isAnswerLost) send(201, page);
    else response.destroy();
    isAnswerLost = true;
  } else if (method === 'DELETE') {
    pages = pages.filter((page) => page !== found);
    send(200, {});
  } else if (url === '/account') send(200, { plan: 'team' });
  else if (id !== undefined && found === undefined) send(404, {});
  else {
    send(200, found ?? pages);
    if (isPublishing) for (const page of pages) page.state = 'published';
  }
}

function newPage(wanted: unknown): StatusPage {
  const id = randomUUID();
  const { name, note } = z.object({ name: z.string(), note: z.string() }).parse(wanted);
  return { id, name, note, url: `https://${id}.status.example`, state: 'building', createdAt: new Date() };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

async function startSixSteps(): Promise<Stack> {
  const { port } = provider.address() as AddressInfo;
  stack = await startStack({
    backend: 'redis',
    steps: [...steps, statusPage],
    environment: {
      STATUS_API_URL: `http://127.0.0.1:${port}`,
      STATUS_TOKEN: 'a status token',
      READY_TIMEOUT_MS: '3000',
    },
  });
  return stack;
}

test('a sixth step runs after the others, survives a lost answer, and shows its result', async () => {
  const running = await startSixSteps();
  const { id } = await running.provision();
  const done = await running.waitUntilDone(id);
  expect(done).toMatchObject({ status: 'succeeded' });
  expect(done.steps.at(-1)).toMatchObject({ name: 'status-page', status: 'succeeded' });
  expect(pages).toHaveLength(1);
  expect(done.result['statusPageUrl']).toContain(pages[0]?.id);
  expect(done.resources.at(-1)).toMatchObject({
    kind: 'status.page',
    externalId: pages[0]?.id,
    state: 'live',
  });
});

test('a sixth step that fails is undone first, and then the others', async () => {
  isPublishing = false;
  const running = await startSixSteps();
  const { id } = await running.provision();
  const done = await running.waitUntilDone(id);
  expect(done).toMatchObject({
    failure: { step: 'status-page', code: 'not-ready-in-time' },
    rollback: { status: 'completed' },
  });
  expect(pages).toEqual([]);
  expect(running.sandbox.control.objects()).toEqual([]);
});

test('a preflight asks the provider of a sixth step too', async () => {
  const running = await startSixSteps();
  await untilReady(running);
  const response = await running.call('/api/preflight');
  const { checks } = (await response.json()) as { checks: unknown[] };
  expect(checks.at(-1)).toEqual({
    provider: 'status',
    name: 'token',
    ok: true,
    detail: 'the plan is team',
    fix: null,
  });
});

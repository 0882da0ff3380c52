import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { startApi } from './support.ts';

let stack: Stack;
beforeEach(async () => {
  stack = await startApi();
});
afterEach(() => stack?.stop().catch(() => {}));

/** A connection that is kept alive, and everything that came through it. */
async function open(): Promise<{ socket: Socket; text: () => string }> {
  const { hostname, port } = new URL(stack.server.url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.on('error', () => {});
  await once(socket, 'connect');
  return { socket, text: () => text };
}

test('a server that stops answers what comes through an open connection with 503 and Retry-After', async () => {
  const { socket, text } = await open();
  const key = stack.environment['ADMIN_API_KEY'];
  const body = JSON.stringify({ clientId: 'late' });
  // Begun before the stop, so that the connection is not idle; the rest comes after it.
  socket.write(
    `POST /api/provisioning HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`,
  );
  await stack.call('/healthz');
  const stopped = stack.server.stop();
  socket.write(`\r\n${body}`);
  await until(() => text().includes('\r\n\r\n') || undefined, 'an answer');
  expect(text()).toMatch(/^HTTP\/1\.1 503 /);
  expect(text()).toMatch(/\r\nretry-after: 1\r\n/i);
  expect(text()).toMatch(/\r\nconnection: close\r\n/i);
  expect(text()).toContain('"code":"stopping"');
  await stopped;
  const { rows } = await stack.pool.query('select 1 from ledger.provisionings');
  expect(rows).toEqual([]);
});

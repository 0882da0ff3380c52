import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stack } from '../helpers/stack.ts';
import { startApi, untilReady } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startApi();
  await untilReady(stack);
});
afterAll(() => stack?.stop());

test('/healthz says that the process is alive, to everybody', async () => {
  const response = await stack.call('/healthz', { key: '' });

  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: 'ok' });
});

test('/readyz says that database and queue are there, to everybody', async () => {
  const response = await stack.call('/readyz', { key: '' });

  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: 'ready' });
});

test('a health check that carries a wrong key is answered all the same', async () => {
  expect((await stack.call('/healthz', { key: 'wrong' })).status).toBe(200);
  expect((await stack.call('/readyz', { key: 'wrong' })).status).toBe(200);
});

test('health checks do not fill the log', async () => {
  await stack.call('/healthz', { headers: { 'x-request-id': 'silent-check' } });
  await stack.call('/readyz', { headers: { 'x-request-id': 'silent-check' } });
  await stack.call('/api/provisioning', { headers: { 'x-request-id': 'logged-call' } });

  const log = stack.logLines.join('');
  expect(log).toContain('logged-call');
  expect(log).not.toContain('silent-check');
});

import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { startProxy } from '../chaos/proxy.ts';
import { createDatabase } from '../helpers/database.ts';
import { version } from '../../src/version.ts';
import type { Stack } from '../helpers/stack.ts';
import { problemOf, startApi, untilReady } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startApi();
  await untilReady(stack);
});
afterAll(() => stack?.stop());

test('/healthz says that the process is alive, to everybody', async () => {
  const response = await stack.call('/healthz', { key: '' });

  expect(response.status).toBe(200);
  expect(version.package).toMatch(/^\d+\.\d+\.\d+$/);
  expect(await response.json()).toEqual({ status: 'ok', version });
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

test('a database that hangs is away: health says so at once, and nobody waits for ever', async () => {
  const proxy = await startProxy(Number(new URL(inject('postgresUrl')).port));
  onTestFinished(() => proxy.close());
  const api = await startApi({ DATABASE_URL: await emptyDatabaseBehind(proxy.port) });
  onTestFinished(() => api.stop());
  onTestFinished(() => proxy.release());
  await untilReady(api);
  expect((await api.call('/api/provisioning')).status).toBe(200);
  proxy.hold();

  const [ready, list] = await Promise.all([api.call('/readyz'), api.call('/api/provisioning')]);
  expect(await ready.json()).toEqual({ status: 'unavailable', away: ['database'] });
  expect(list.status).toBe(503);
  expect((await problemOf(list)).code).toBe('database-unavailable');
  proxy.release();
  await untilReady(api);
  expect((await api.call('/api/provisioning')).status).toBe(200);
});

async function emptyDatabaseBehind(port: number): Promise<string> {
  const database = await createDatabase({ template: inject('templates').ledger });
  onTestFinished(() => database.drop());
  const url = new URL(database.url);
  url.port = String(port);
  return url.href;
}

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { coreEnvironment, loadConfig, serverEnvironment, workerEnvironment } from '../../src/config.ts';
import { migrateLedger } from '../../src/ledger/migrate.ts';
import { createLogger } from '../../src/log/logger.ts';
import type { Running } from '../../src/process.ts';
import { migrateQueue } from '../../src/queue/queues.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { startTestSandbox } from '../helpers/sandbox.ts';
import { startServer, type RunningServer } from '../../src/server/start.ts';
import { startWorker } from '../../src/worker/start.ts';
import { startOwnPostgres } from '../helpers/postgres.ts';
import { redisUrlForFile } from '../helpers/redis.ts';
import type { TestServer } from '../helpers/services/test-server.ts';
import { backends, testEnvironment, type Backend, type ShownProvisioning } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { order, problemOf } from './support.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox?.stop());

/** Server and worker on a database of their own, which may be away. */
function programsOn(postgres: TestServer, backend: Backend) {
  const redis = redisUrlForFile();
  const environment = {
    ...testEnvironment(postgres.url),
    ...sandbox.environment,
    ...(backend === 'redis' ? { REDIS_URL: redis.url } : {}),
  };
  const config = loadConfig(environment, [coreEnvironment, serverEnvironment, workerEnvironment]);
  const log = createLogger({ level: 'warn', secrets: [], destination: { write: () => {} } });
  const { signal } = new AbortController();
  const options = { config, environment, log, signal, queuePrefix: redis.prefix };
  return { startServer: () => startServer(options), startWorker: () => startWorker(options), config };
}

function callerOf(server: RunningServer, key: string) {
  const call = (path: string, init: RequestInit = {}, bearer = key) => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
    return fetch(server.url + path, { ...init, headers });
  };
  const create = () => call('/api/provisioning', { method: 'POST', body: JSON.stringify(order()) });
  return { call, create };
}

function signIn(server: RunningServer, key: string): Promise<Response> {
  const form = { method: 'POST', body: new URLSearchParams({ key }) };
  return fetch(`${server.url}/admin/sign-in`, { ...form, redirect: 'manual' });
}

async function expectUnavailable(response: Response): Promise<void> {
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(await problemOf(response)).toMatchObject({
    code: 'database-unavailable',
    title: 'Service unavailable',
  });
}

describe.each(backends)('with the queue on %s', (backend) => {
  let postgres: TestServer;
  let server: RunningServer | undefined;
  let worker: Running | undefined;
  beforeEach(async () => {
    postgres = await startOwnPostgres();
  });
  afterEach(async () => {
    // A test may have left it stopped.
    await postgres.start().catch(() => {});
    await Promise.all([server?.stop(), worker?.stop()]);
    await postgres.remove();
  });

  async function untilSucceeded(call: (path: string) => Promise<Response>, id: string): Promise<void> {
    const done = await until(async () => {
      const shown = (await (await call(`/api/provisioning/${id}`)).json()) as ShownProvisioning;
      return shown.done ? shown : undefined;
    }, 'the provisioning to be done');
    expect(done).toMatchObject({ status: 'succeeded', failure: null });
  }

  test('while the database is away every route says so, and it works again without a restart', async () => {
    const programs = programsOn(postgres, backend);
    await migrateLedger(postgres.url);
    await migrateQueue(postgres.url);
    server = await programs.startServer();
    worker = await programs.startWorker();
    const { call, create } = callerOf(server, programs.config.ADMIN_API_KEY);
    await until(async () => (await call('/readyz')).status === 200 || undefined, 'the server to be ready');
    const before = (await (await create()).json()) as ShownProvisioning;

    await postgres.stop();

    await expectUnavailable(await create());
    await expectUnavailable(await call('/api/provisioning'));
    await expectUnavailable(await call(`/api/provisioning/${before.id}`));
    expect((await call('/healthz')).status).toBe(200);
    const unready = await call('/readyz');
    expect(unready.status).toBe(503);
    expect(await unready.json()).toEqual({
      status: 'unavailable',
      away: backend === 'redis' ? ['database'] : ['database', 'queue'],
    });
    expect((await call('/api/provisioning', {}, 'wrong')).status).toBe(401);

    await postgres.start();

    await until(
      async () => (await call('/readyz')).status === 200 || undefined,
      'the server to be ready again',
    );
    await untilSucceeded(call, before.id);
    const after = await create();
    expect(after.status).toBe(202);
    await untilSucceeded(call, ((await after.json()) as ShownProvisioning).id);
    expect((await call('/admin/queues/api/queues')).status).toBe(200);
  });

  test('a server that starts without its database listens, and works once that is there', async () => {
    const programs = programsOn(postgres, backend);
    await migrateLedger(postgres.url);
    await migrateQueue(postgres.url);
    await postgres.stop();

    server = await programs.startServer();
    const { call, create } = callerOf(server, programs.config.ADMIN_API_KEY);
    await expectUnavailable(await create());
    expect((await call('/healthz')).status).toBe(200);
    expect(await (await call('/readyz')).json()).toMatchObject({
      away: backend === 'redis' ? ['database'] : ['database', 'queue'],
    });
    const starting = programs.startWorker();

    await postgres.start();
    worker = await starting;

    await until(async () => (await call('/readyz')).status === 200 || undefined, 'the server to be ready');
    const response = await create();
    expect(response.status).toBe(202);
    await untilSucceeded(call, ((await response.json()) as ShownProvisioning).id);
  });

  test('a server that starts before the migrations answers 503, and works once they are made', async () => {
    const programs = programsOn(postgres, backend);
    server = await programs.startServer();
    const { call, create } = callerOf(server, programs.config.ADMIN_API_KEY);
    await expectUnavailable(await create());
    await expectUnavailable(await call('/api/provisioning'));
    await expectUnavailable(await signIn(server, programs.config.ADMIN_API_KEY));
    expect(await (await call('/readyz')).json()).toMatchObject({ status: 'unavailable' });
    const starting = programs.startWorker();

    await migrateLedger(postgres.url);
    await migrateQueue(postgres.url);
    worker = await starting;

    await until(async () => (await call('/readyz')).status === 200 || undefined, 'the server to be ready');
    expect((await signIn(server, programs.config.ADMIN_API_KEY)).status).toBe(303);
    const response = await create();
    expect(response.status).toBe(202);
    await untilSucceeded(call, ((await response.json()) as ShownProvisioning).id);
  });
});

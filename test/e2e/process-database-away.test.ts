import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { migrateLedger } from '../../src/ledger/migrate.ts';
import { migrateQueue } from '../../src/queue/queues.ts';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { startOwnPostgres } from '../helpers/postgres.ts';
import { startProgram, type Program } from '../helpers/program.ts';
import { startOwnRedis } from '../helpers/redis.ts';
import type { TestServer } from '../helpers/services/test-server.ts';
import { backends, newClientId, testEnvironment, type ShownProvisioning } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

const providerTimeoutMs = 3000;
const stopLimitMs = providerTimeoutMs + 5000;

const programs = [
  ['server', 'src/server/main.ts', 'server listens'],
  ['worker', 'src/worker/main.ts', 'worker started'],
  ['start', 'src/main.ts', 'worker started'],
] as const;

describe.each(backends)('with the queue on %s', (backend) => {
  let sandbox: Sandbox;
  let redis: TestServer | undefined;
  let postgres: TestServer;
  let environment: Record<string, string>;
  let running: Program[] = [];
  beforeAll(async () => {
    sandbox = await startSandbox({ postgresUrl: inject('postgresUrl') });
    redis = backend === 'redis' ? await startOwnRedis() : undefined;
  });
  afterAll(async () => {
    await sandbox?.stop();
    await redis?.remove();
  });
  beforeEach(async () => {
    await sandbox.control.reset();
    postgres = await startOwnPostgres();
    environment = {
      ...testEnvironment(postgres.url),
      ...sandbox.environment,
      ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
      PROVIDER_TIMEOUT_MS: String(providerTimeoutMs),
    };
    await migrateLedger(postgres.url);
    await migrateQueue(postgres.url);
  });
  afterEach(async () => {
    await Promise.all(running.map((program) => program.end('SIGKILL')));
    running = [];
    await postgres.remove();
  });

  function start(file: string): Program {
    const program = startProgram(file, environment);
    running.push(program);
    return program;
  }

  const urlIn = (program: Program) => /"url":"([^"]+)"/.exec(program.output())?.[1];
  const readyStatus = async (url: string) => (await fetch(`${url}/readyz`)).status;

  async function expectCleanEnd(program: Program): Promise<void> {
    const { code, tookMs } = await program.end();
    expect(code, program.output().slice(-2000)).toBe(0);
    expect(tookMs).toBeLessThan(stopLimitMs);
  }

  test.each(programs)('%s ends with 0 while the database is away', async (_name, file, written) => {
    const program = start(file);
    await program.untilWritten(written);
    const url = urlIn(program);
    if (url !== undefined)
      await until(async () => (await readyStatus(url)) === 200 || undefined, 'the server to be ready');

    await postgres.stop();

    if (url === undefined) await program.untilWritten('a connection failed');
    else expect(await readyStatus(url)).toBe(503);
    await expectCleanEnd(program);
  });

  test.each(programs)(
    '%s waits for a database that is away at its start, and ends with 0',
    async (_name, file) => {
      await postgres.stop();
      const program = start(file);
      await program.untilWritten(
        backend === 'redis' && file.includes('server') ? 'server listens' : 'waiting for',
      );

      await expectCleanEnd(program);
    },
  );

  test('a worker that loses its database in the middle of a step ends with 0, and another one finishes', async () => {
    const { control } = sandbox;
    control.addFault({ provider: 'github', operation: 'generateRepository', mode: 'latency', delayMs: 1500 });
    const server = start('src/server/main.ts');
    const worker = start('src/worker/main.ts');
    await Promise.all([server.untilWritten('server listens'), worker.untilWritten('worker started')]);
    const url = urlIn(server) ?? '';
    const call = async (path: string, init: RequestInit = {}) => {
      const headers = {
        authorization: `Bearer ${environment['ADMIN_API_KEY']}`,
        'content-type': 'application/json',
      };
      const response = await fetch(url + path, { ...init, headers });
      return (await response.json()) as ShownProvisioning;
    };
    const order = {
      clientId: newClientId(),
      clientName: 'Acme',
      orgEmail: 'ops@acme.example',
      tier: 'starter',
    };
    const { id } = await call('/api/provisioning', { method: 'POST', body: JSON.stringify(order) });
    await until(() => control.faults().some(({ fired }) => fired > 0) || undefined, 'the slow call');

    await postgres.stop();
    await expectCleanEnd(worker);
    await postgres.start();
    start('src/worker/main.ts');

    const done = await until(async () => {
      const shown = await call(`/api/provisioning/${id}`);
      return shown.done ? shown : undefined;
    }, 'the provisioning to be done');
    expect(done).toMatchObject({ status: 'succeeded', failure: null });
    expect(
      control
        .objects()
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual([
      'github.repository',
      'n8n.workflow',
      'supabase.project',
      'vercel.deployment',
      'vercel.project',
    ]);
  });
});

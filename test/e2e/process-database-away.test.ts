import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { migrateLedger } from '../../src/ledger/migrate.ts';
import { migrateQueue } from '../../src/queue/queues.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { startTestSandbox } from '../helpers/sandbox.ts';
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
    sandbox = await startTestSandbox();
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

  // With the queue in the database, what has both an API and a worker shows what either does.
  const programsHere = backend === 'redis' ? programs : programs.slice(-1);

  function start(file: string): Program {
    const program = startProgram(file, environment);
    running.push(program);
    return program;
  }

  const urlIn = (program: Program) => /"url":"([^"]+)"/.exec(program.output())?.[1];

  /** A program with an API says by itself what it has noticed; a worker writes it down. */
  async function untilNoticed(program: Program, status: 200 | 503, written: string): Promise<void> {
    const url = urlIn(program);
    if (url === undefined) return program.untilWritten(written);
    await until(
      async () => (await fetch(`${url}/readyz`)).status === status || undefined,
      `/readyz to answer ${status}`,
    );
  }

  /** How a program ends on SIGTERM; what it wrote, when it did not end well. */
  async function end(program: Program): Promise<unknown> {
    const { code, tookMs } = await program.end();
    const isInTime = tookMs < stopLimitMs;
    return code === 0 && isInTime ? 'ends well' : { code, tookMs, output: program.output().slice(-2000) };
  }

  test.each(programsHere)('%s ends with 0 while the database is away', async (_name, file, written) => {
    const program = start(file);
    await program.untilWritten(written);
    await untilNoticed(program, 200, written);

    await postgres.stop();
    await untilNoticed(program, 503, 'a connection failed');

    expect(await end(program)).toBe('ends well');
  });

  test.each(programsHere)(
    '%s waits for a database that is away at its start, and ends with 0',
    async (_name, file) => {
      await postgres.stop();
      const program = start(file);
      await program.untilWritten(
        backend === 'redis' && file.includes('server') ? 'server listens' : 'waiting for',
      );

      expect(await end(program)).toBe('ends well');
    },
  );

  /** Accepts a provisioning through a server, and waits for it. */
  function clientOf(server: Program) {
    const call = async (path: string, init: RequestInit = {}) => {
      const headers = {
        authorization: `Bearer ${environment['ADMIN_API_KEY']}`,
        'content-type': 'application/json',
      };
      const response = await fetch(`${urlIn(server)}${path}`, { ...init, headers });
      return (await response.json()) as ShownProvisioning;
    };
    return {
      provision: () =>
        call('/api/provisioning', {
          method: 'POST',
          body: JSON.stringify({
            clientId: newClientId(),
            clientName: 'Acme',
            orgEmail: 'ops@acme.example',
            tier: 'starter',
          }),
        }),
      waitUntilDone: (id: string) =>
        until(async () => {
          const shown = await call(`/api/provisioning/${id}`);
          return shown.done ? shown : undefined;
        }, 'the provisioning to be done'),
    };
  }

  test('a worker that loses its database in the middle of a step ends with 0, and another one finishes', async () => {
    const { control } = sandbox;
    control.addFault({ provider: 'github', operation: 'generateRepository', mode: 'latency', delayMs: 1500 });
    const server = start('src/server/main.ts');
    const worker = start('src/worker/main.ts');
    await Promise.all([server.untilWritten('server listens'), worker.untilWritten('worker started')]);
    const client = clientOf(server);
    const { id } = await client.provision();
    await until(() => control.faults().some(({ fired }) => fired > 0) || undefined, 'the slow call');

    await postgres.stop();
    expect(await end(worker)).toBe('ends well');
    await postgres.start();
    start('src/worker/main.ts');

    expect(await client.waitUntilDone(id)).toMatchObject({ status: 'succeeded', failure: null });
    const kinds = control.objects().map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual([
      'github.repository',
      'n8n.workflow',
      'supabase.project',
      'vercel.deployment',
      'vercel.project',
    ]);
  });

  test('server and worker that lose their database as they start live on, and work once it is back', async () => {
    const server = start('src/server/main.ts');
    await server.untilWritten('server listens');
    const worker = start('src/worker/main.ts');
    await worker.untilWritten('worker started');

    await postgres.stop();
    await postgres.start();

    await untilNoticed(server, 200, '');
    const client = clientOf(server);
    const { id } = await client.provision();
    expect(await client.waitUntilDone(id)).toMatchObject({ status: 'succeeded', failure: null });
    expect(await end(worker)).toBe('ends well');
    expect(await end(server)).toBe('ends well');
  });
});

import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { inTransaction } from '../../src/ledger/pool.ts';
import { startProgram, type Program } from '../helpers/program.ts';
import { startOwnRedis } from '../helpers/redis.ts';
import type { TestServer } from '../helpers/services/test-server.ts';
import { backends, startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

const providerTimeoutMs = 3000;
/** What a process may take to stop. */
const stopLimitMs = providerTimeoutMs + 5000;

/** Which signal it is makes no difference to a program: each of both is sent to one that has an API and one that works. */
const programs = [
  ['src/server/main.ts', 'SIGTERM', 'server listens'],
  ['src/worker/main.ts', 'SIGINT', 'worker started'],
  ['src/main.ts', 'SIGTERM', 'worker started'],
  ['src/main.ts', 'SIGINT', 'worker started'],
] as const;

const slowCalls = [
  { provider: 'supabase', operation: 'createProject' },
  { provider: 'github', operation: 'generateRepository' },
  { provider: 'vercel', operation: 'createVercelProject' },
  { provider: 'vercel', operation: 'createDeployment' },
  { provider: 'n8n', operation: 'createWorkflow' },
] as const;

describe.each(backends)('on %s', (backend) => {
  let redis: TestServer | undefined;
  let stack: Stack;
  beforeAll(async () => {
    redis = backend === 'redis' ? await startOwnRedis() : undefined;
    stack = await startStack({
      backend,
      workers: 0,
      redisUrl: redis?.url,
      environment: { PROVIDER_TIMEOUT_MS: String(providerTimeoutMs), SETTLE_MS: '500' },
    });
  });
  beforeEach(() => stack.sandbox.control.reset());
  afterEach(() => stack.stopWorkers());
  afterAll(async () => {
    await stack?.stop();
    await redis?.remove();
  });

  /** Starts a program that the end of the test ends, if nothing else did. */
  async function start(file: string, written: string): Promise<Program> {
    const program = startProgram(file, stack.environment);
    onTestFinished(async () => void (await program.end('SIGKILL')));
    await program.untilWritten(written);
    return program;
  }
  const startWorker = () => start('src/worker/main.ts', 'worker started');
  const untilFaultMet = () =>
    until(() => stack.sandbox.control.faults().some(({ fired }) => fired > 0) || undefined, 'the slow call');

  function expectOneObjectOfEachKind(done: ShownProvisioning): void {
    const objects = stack.sandbox.control.objects();
    expect(objects.map(({ kind }) => kind).toSorted()).toEqual([
      'github.repository',
      'n8n.workflow',
      'supabase.project',
      'vercel.deployment',
      'vercel.project',
    ]);
    const ids = new Set(objects.map(({ id }) => id));
    expect(done.resources).toHaveLength(4);
    for (const { externalId, state } of done.resources) {
      expect(ids).toContain(externalId);
      expect(state).toBe('live');
    }
  }

  test.each(programs)('%s with nothing to do ends with 0 on %s, at once', async (file, signal, written) => {
    const program = await start(file, written);

    const { code, tookMs } = await program.end(signal);

    expect(program.output()).not.toMatch(/"level":50/);
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(stopLimitMs);
  });

  // Which call it is makes no difference to a queue.
  test.each(backend === 'redis' ? slowCalls : slowCalls.slice(0, 1))(
    'a worker stopped during $operation ends with 0, and another finishes without making anything twice',
    async ({ provider, operation }) => {
      stack.sandbox.control.addFault({ provider, operation, mode: 'latency', delayMs: 1000 });
      const first = await startWorker();
      const { id } = await stack.provision();
      await untilFaultMet();

      const { code, tookMs } = await first.end();

      expect(code).toBe(0);
      expect(tookMs).toBeLessThan(stopLimitMs);
      expect(await stack.show(id)).toMatchObject({ done: false });
      await stack.startWorker();
      const done = await stack.waitUntilDone(id);
      expect(done).toMatchObject({ status: 'succeeded', failure: null });
      expectOneObjectOfEachKind(done);
    },
  );

  test('a worker stopped during a call that never ends lets go of it in time, and another finds what it made', async () => {
    stack.sandbox.control.addFault({
      provider: 'github',
      operation: 'generateRepository',
      mode: 'hang-after',
    });
    const first = await startWorker();
    const { id } = await stack.provision();
    await untilFaultMet();

    const { code, tookMs } = await first.end();

    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(stopLimitMs);
    await stack.startWorker();
    const done = await stack.waitUntilDone(id);
    expect(done).toMatchObject({ status: 'succeeded', failure: null });
    expectOneObjectOfEachKind(done);
  });

  test('a worker stopped during a rollback ends with 0, and another leaves nothing behind', async () => {
    const { control } = stack.sandbox;
    control.addFault({
      provider: 'n8n',
      operation: 'createWorkflow',
      mode: 'reject',
      status: 400,
      times: -1,
    });
    control.addFault({
      provider: 'github',
      operation: 'deleteRepositoryById',
      mode: 'latency',
      delayMs: 1000,
    });
    control.addFault({ provider: 'github', operation: 'deleteRepository', mode: 'latency', delayMs: 1000 });
    const first = await startWorker();
    const { id } = await stack.provision();
    await until(
      () =>
        control.faults().some(({ operation, fired }) => operation.startsWith('delete') && fired > 0) ||
        undefined,
      'the slow delete',
    );

    const { code, tookMs } = await first.end();

    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(stopLimitMs);
    await stack.startWorker();
    expect(await stack.waitUntilDone(id)).toMatchObject({
      status: 'failed',
      rollback: { status: 'completed' },
    });
    expect(control.objects()).toEqual([]);
  });

  test('a worker stopped while a receiver of callbacks does not answer ends with 0, in time', async () => {
    const dead = createServer((socket) => void socket.on('error', () => {}).unref());
    dead.listen(0, '127.0.0.1');
    await once(dead, 'listening');
    onTestFinished(() => void dead.close());
    const called = once(dead, 'connection');
    const worker = await startWorker();
    const { id } = await stack.provision({
      callbackUrl: `http://127.0.0.1:${(dead.address() as AddressInfo).port}/`,
    });
    await called;

    const { code, tookMs } = await worker.end();

    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(stopLimitMs);
    expect(await stack.show(id)).toMatchObject({ status: 'succeeded' });
  });

  test('API and worker in one process stop together, and start again where they stopped', async () => {
    stack.sandbox.control.addFault({
      provider: 'vercel',
      operation: 'createDeployment',
      mode: 'latency',
      delayMs: 1000,
    });
    const both = await start('src/main.ts', 'worker started');
    const { id } = await stack.provision();
    await untilFaultMet();

    expect((await both.end()).code).toBe(0);

    await start('src/main.ts', 'worker started');
    const done = await stack.waitUntilDone(id);
    expect(done).toMatchObject({ status: 'succeeded' });
    expectOneObjectOfEachKind(done);
  });

  test('a server that is stopped answers what it was asked, and takes nothing new', async () => {
    const server = await start('src/server/main.ts', 'server listens');
    const url = /"url":"([^"]+)"/.exec(server.output())?.[1] ?? '';
    const list = () =>
      fetch(`${url}/api/provisioning`, {
        headers: { authorization: `Bearer ${stack.environment['ADMIN_API_KEY']}` },
      });
    expect((await list()).status).toBe(200);

    // Nobody reads the table while it is locked, so the request lasts for as long as the test wants it to.
    const asked = await inTransaction(stack.pool, async (db) => {
      await db.query('lock table ledger.provisionings in access exclusive mode');
      const answer = list();
      await until(async () => {
        const { rows } = await stack.pool.query(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rows.length > 0 ? true : undefined;
      }, 'the request to wait');
      const ended = server.end();
      await until(
        () =>
          fetch(`${url}/healthz`).then(
            () => undefined,
            () => true,
          ),
        'the server to take nothing new',
      );
      return { answer, ended };
    });

    expect((await asked.answer).status).toBe(200);
    expect((await asked.ended).code).toBe(0);
  });
});

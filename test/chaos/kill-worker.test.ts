import { rm } from 'node:fs/promises';
import { afterEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { startOwnRedis } from '../helpers/redis.ts';
import type { TestServer } from '../helpers/services/test-server.ts';
import { makeServerFolder } from '../helpers/services/server-folder.ts';
import { backends, startStack, type Backend, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { startWorkerProcess, type WorkerProcess } from '../helpers/worker-process.ts';
import { startArena } from './arena.ts';
import { killAt, postOrder } from './one-order.ts';

let stack: Stack | undefined;
let redis: TestServer | undefined;
let workers: WorkerProcess[] = [];
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.kill('SIGKILL')));
  await stack?.stop();
  await redis?.remove();
  workers = [];
  stack = undefined;
  redis = undefined;
});

async function start(backend: Backend): Promise<Stack> {
  if (backend === 'redis') redis = await startOwnRedis();
  return startStack({ backend, workers: 0, environment: patient, redisUrl: redis?.url });
}

/** Long leases and rare sweeps, as by default: only the death of the process makes its work go on soon. */
const patient = {
  LEASE_MS: '30000',
  SWEEP_INTERVAL_MS: '5000',
  PROVIDER_TIMEOUT_MS: '20000',
  SETTLE_MS: '500',
};

describe.each(backends)('on %s', (backend) => {
  test('the work of a killed worker goes on elsewhere within seconds, long before its lease is over', async () => {
    stack = await start(backend);
    const { control } = stack.sandbox;
    // The worker hangs in a read: no call is in doubt.
    control.addFault({ provider: 'github', operation: 'listBranches', mode: 'hang-before', times: 1 });
    const busy = await startWorkerProcess(stack.environment);
    const { id } = await stack.provision();
    await until(() => control.faults()[0]?.fired === 1 || undefined, 'the worker to hang');
    workers.push(await startWorkerProcess(stack.environment));

    const killedAt = Date.now();
    await busy.kill('SIGKILL');
    const next = await until(
      () => control.journal().find(({ receivedAt }) => Date.parse(receivedAt) > killedAt),
      'another worker to go on',
    );

    expect(Date.parse(next.receivedAt) - killedAt).toBeLessThan(5000);
    expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  });

  test('a worker that is killed between two steps, when it holds nothing, is not waited for either', async () => {
    const directory = await makeServerFolder();
    // The defaults, but for the sweeps: without them only the death of the process makes its work go on.
    const arena = await startArena(backend, directory, inject('postgresUrl'), { SWEEP_INTERVAL_MS: 60_000 });
    onTestFinished(async () => {
      await arena.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    });
    arena.restartAfterMs = 60_000;
    const killed = killAt(arena, 'step-recorded');
    await postOrder(arena, 'acme');
    const killedAt = await killed;
    const { control } = arena.sandbox;
    const before = control.journal().length;

    await until(() => control.journal().length > before || undefined, 'the work to go on');
    expect(performance.now() - killedAt).toBeLessThan(10_000);
  });

  test('a create that was sent when its worker was killed is taken over, not made again', async () => {
    stack = await start(backend);
    const { control } = stack.sandbox;
    control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode: 'hang-after', times: 1 });
    const busy = await startWorkerProcess(stack.environment);
    const { id } = await stack.provision();
    await until(() => control.faults()[0]?.fired === 1 || undefined, 'the create to be acted on');
    workers.push(await startWorkerProcess(stack.environment));

    await busy.kill('SIGKILL');

    expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
    expect(control.journal().filter(({ operation }) => operation === 'createWorkflow')).toHaveLength(1);
    expect(control.objects().filter(({ kind }) => kind === 'n8n.workflow')).toHaveLength(1);
  });

  test('a callback that a killed worker was sending is sent again within seconds, long before its time is over', async () => {
    stack = await start(backend);
    const { control, urls } = stack.sandbox;
    control.setReceiver('caller', { delayMs: 15_000 });
    const busy = await startWorkerProcess(stack.environment);
    await stack.provision({ callbackUrl: `${urls.control}/receiver/caller` });
    await until(() => control.receivedCallbacks('caller').length === 1 || undefined, 'the first sending');
    workers.push(await startWorkerProcess(stack.environment));

    const killedAt = Date.now();
    await busy.kill('SIGKILL');
    await until(() => control.receivedCallbacks('caller').length === 2 || undefined, 'the second sending');

    expect(Date.now() - killedAt).toBeLessThan(6000);
    const [first, second] = control.receivedCallbacks('caller');
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  });
});

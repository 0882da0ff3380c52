import { afterEach, expect, test } from 'vitest';
import { migrateQueue } from '../../src/queue/queues.ts';
import { startOwnRedis } from '../helpers/redis.ts';
import type { TestServer } from '../helpers/services/test-server.ts';
import { startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { startWorkerProcess, type WorkerProcess } from '../helpers/worker-process.ts';

let stack: Stack | undefined;
let redis: TestServer | undefined;
let next: WorkerProcess | undefined;
afterEach(async () => {
  await next?.kill('SIGKILL');
  await stack?.stop();
  await redis?.remove();
});

test('a provisioning whose queue moves from Redis to PostgreSQL half-way goes on there', async () => {
  redis = await startOwnRedis();
  stack = await startStack({ backend: 'redis', workers: 0, redisUrl: redis.url });
  const { control } = stack.sandbox;
  control.addFault({ provider: 'github', operation: 'listBranches', mode: 'hang-before', times: 1 });
  const first = await startWorkerProcess(stack.environment);
  const { id } = await stack.provision();
  await until(() => control.faults()[0]?.fired === 1 || undefined, 'the first worker to be half-way');
  await first.kill('SIGKILL');

  await migrateQueue(stack.environment['DATABASE_URL'] ?? '');
  const { REDIS_URL: _, ...withoutRedis } = stack.environment;
  next = await startWorkerProcess(withoutRedis);

  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  expect(control.journal().filter(({ operation }) => operation === 'generateRepository')).toHaveLength(1);
});

/** A Redis that has no room left refuses every job: the ledger has the work, and it goes on once there is room. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOwnRedis } from '../helpers/redis.ts';
import type { TestServer } from '../helpers/services/test-server.ts';
import { startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

let server: TestServer;
let redis: Redis;
let stack: Stack;
beforeAll(async () => {
  server = await startOwnRedis();
  redis = new Redis(server.url);
  stack = await startStack({ backend: 'redis', redisUrl: server.url });
});
afterAll(async () => {
  await redis?.quit();
  await stack?.stop();
  await server?.remove();
});

const setRoom = (bytes: number) => redis.config('SET', 'maxmemory', bytes);
const untilRefused = (since: number) =>
  until(() => stack.logLines.slice(since).some((line) => line.includes('OOM')) || undefined, 'a refusal');
/** What was made for it, once it has succeeded. */
const untilMade = async (id: string) => {
  const { status } = await stack.waitUntilDone(id);
  const made = stack.sandbox.control.journal().filter(({ effect }) => effect === 'created');
  await stack.sandbox.control.reset();
  return { status, kinds: made.map(({ objectKind }) => objectKind) };
};
const everythingOnce = {
  status: 'succeeded',
  kinds: ['supabase.project', 'github.repository', 'vercel.project', 'vercel.deployment', 'n8n.workflow'],
};

test('an order is taken while it is full, and carried out once it is not', async () => {
  const since = stack.logLines.length;
  await setRoom(1);
  const { id } = await stack.provision();
  await untilRefused(since);

  await setRoom(0);
  expect(await untilMade(id)).toEqual(everythingOnce);
});

test('one that fills up half-way stops nothing for good, and makes nothing twice', async () => {
  const { control } = stack.sandbox;
  control.addFault({ provider: 'github', operation: 'generateRepository', mode: 'latency', delayMs: 500 });
  const since = stack.logLines.length;
  const { id } = await stack.provision();
  await until(() => control.faults()[0]?.fired === 1 || undefined, 'the repository to be asked for');
  await setRoom(1);
  await untilRefused(since);

  await setRoom(0);
  expect(await untilMade(id)).toEqual(everythingOnce);
});

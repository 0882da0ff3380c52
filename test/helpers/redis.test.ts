import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { redisUrlForFile, startOwnRedis } from './redis.ts';
import { answersPing } from './services/redis-program.ts';
import type { TestServer } from './services/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startOwnRedis();
});
afterAll(async () => await server.remove());

test('every call gives another prefix on the same server', () => {
  const [first, second] = [redisUrlForFile(), redisUrlForFile()];

  expect(first.url).toBe(second.url);
  expect(first.prefix).not.toBe(second.prefix);
});

test('nothing is evicted, as BullMQ demands', async () => {
  await withRedis(redisUrlForFile().url, async (redis) => {
    await expect(redis.config('GET', 'maxmemory-policy')).resolves.toEqual([
      'maxmemory-policy',
      'noeviction',
    ]);
  });
});

test('an own server keeps its URL and its data through a stop, a start and a crash', async () => {
  await withRedis(server.url, async (redis) => await redis.set('kept', 'yes'));

  await server.stop();
  await expect(withRedis(server.url, async (redis) => await redis.ping())).rejects.toThrow('closed');
  await server.start();
  await withRedis(server.url, async (redis) => expect(await redis.get('kept')).toBe('yes'));

  await server.kill();
  await server.start();
  await withRedis(server.url, async (redis) => expect(await redis.get('kept')).toBe('yes'));
});

test('a paused server answers nothing until it may go on', async () => {
  await withRedis(server.url, async (redis) => {
    await server.pause();
    await expect(answersPing(server.port)).resolves.toBe(false);
    const answer = redis.ping();

    await server.resume();
    await expect(answer).resolves.toBe('PONG');
  });
});

async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

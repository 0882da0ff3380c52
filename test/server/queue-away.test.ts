import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOwnRedis } from '../helpers/redis.ts';
import type { TestServer } from '../helpers/services/test-server.ts';
import { startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { order, post, untilReady } from './support.ts';

let redis: TestServer;
beforeAll(async () => {
  redis = await startOwnRedis();
});
afterAll(() => redis?.remove());

/** Runs `work` while the server is stopped. */
async function without<T>(server: TestServer, work: () => Promise<T>): Promise<T> {
  await server.stop();
  try {
    return await work();
  } finally {
    await server.start();
  }
}

async function acceptSoon(stack: Stack): Promise<ShownProvisioning> {
  const before = performance.now();
  const response = await post(stack, order());
  const accepted = (await response.json()) as ShownProvisioning;
  const tookMs = performance.now() - before;

  expect(response.status).toBe(202);
  expect(tookMs).toBeLessThan(3000);
  return accepted;
}

describe('while Redis is away', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend: 'redis', environment: { REDIS_URL: redis.url } });
    await untilReady(stack);
  });
  afterAll(() => stack?.stop());
  test('requests are accepted without waiting for it, and everything accepted succeeds once it is back', async () => {
    const accepted: ShownProvisioning[] = [];
    await without(redis, async () => {
      for (let count = 0; count < 3; count += 1) accepted.push(await acceptSoon(stack));
      expect(await stack.show(accepted[0]?.id ?? '')).toMatchObject({ status: 'queued' });
    });

    for (const { id } of accepted)
      expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded', failure: null });
    const objects = stack.sandbox.control.objects().filter(({ kind }) => kind !== 'vercel.deployment');
    expect(objects).toHaveLength(4 * accepted.length);
  });

  test('one that was crashed and lost everything loses no request either', async () => {
    await redis.kill();
    const accepting = acceptSoon(stack);
    await accepting.catch(() => {});
    await redis.start();
    const { id } = await accepting;

    expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded', failure: null });
  });

  test('a Redis that is there and does not answer costs no more than that second', async () => {
    await redis.pause();
    const accepting = acceptSoon(stack);
    await accepting.catch(() => {});
    await redis.resume();
    const { id } = await accepting;

    expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded', failure: null });
  });

  test('/healthz stays 200, and /readyz names the queue until it is back', async () => {
    await without(redis, async () => {
      expect((await stack.call('/healthz', { key: '' })).status).toBe(200);
      const unready = await stack.call('/readyz', { key: '' });
      expect(unready.status).toBe(503);
      expect(await unready.json()).toEqual({ status: 'unavailable', away: ['queue'] });
    });

    await untilReady(stack);
  });
});

test('a server that starts while Redis is away accepts, and the work is done once it is there', async () => {
  let stack: Stack | undefined;
  try {
    const id = await without(redis, async () => {
      stack = await startStack({ backend: 'redis', environment: { REDIS_URL: redis.url } });
      expect(await (await stack.call('/readyz')).json()).toEqual({ status: 'unavailable', away: ['queue'] });
      return (await acceptSoon(stack)).id;
    });

    expect(await stack?.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
    expect((await stack?.call('/admin/queues/api/queues'))?.status).toBe(200);
  } finally {
    await stack?.stop();
  }
});

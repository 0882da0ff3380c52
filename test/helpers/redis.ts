import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { inject } from 'vitest';
import { startOwnRedisIn } from './services/redis.ts';
import type { TestServer } from './services/test-server.ts';

/**
 * The test run's Redis and a key prefix (BullMQ's `prefix` option) that one test file has for itself. A Redis has only
 * 16 numbered databases, so those can't keep test files apart.
 */
export function redisUrlForFile(): { url: string; prefix: string } {
  return { url: inject('redisUrl'), prefix: `test-${randomBytes(8).toString('hex')}` };
}

/** Starts a Redis for one test file alone, to be stopped, killed, paused or flushed; call `remove` at the end. */
export async function startOwnRedis(): Promise<TestServer> {
  return await startOwnRedisIn(path.join(inject('servicesDir'), `redis-${randomBytes(4).toString('hex')}`));
}

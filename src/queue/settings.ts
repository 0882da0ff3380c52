/** The settings of a Redis that a queue depends on. */
import { Redis } from 'ioredis';

export interface QueueServer {
  readonly version: string;
  /** Undefined: it does not tell, as managed ones may not. */
  readonly maxmemoryPolicy: string | undefined;
}

/** Asks once, and does not wait for one that is away. */
export async function readQueueSettings(redisUrl: string): Promise<QueueServer> {
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: 5000,
    commandTimeout: 5000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let failure: Error | undefined;
  redis.on('error', (error) => (failure = error));
  try {
    await redis.connect();
    const info = await redis.info();
    const valueOf = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
    return { version: valueOf('redis_version') ?? 'unknown', maxmemoryPolicy: valueOf('maxmemory_policy') };
  } catch (error) {
    throw failure ?? error;
  } finally {
    redis.disconnect();
  }
}

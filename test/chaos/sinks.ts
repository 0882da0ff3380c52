/** All the text that the product leaves behind: where a secret must never be. */
import { Redis } from 'ioredis';
import type { Pool } from '../../src/ledger/pool.ts';

export interface Sink {
  readonly name: string;
  readonly text: string;
}

/** Where it is read from. */
export interface SinkSources {
  readonly pool: Pick<Pool, 'query'>;
  /** The Redis with the queue. */
  readonly redis: { readonly url: string } | undefined;
  takeLogs(): Sink[];
}

export async function readSinks(sources: SinkSources): Promise<Sink[]> {
  return [...sources.takeLogs(), ...(await readTables(sources)), ...(await readRedis(sources))];
}

/** Every row of every table, the queue's included where it lives there. */
async function readTables({ pool }: SinkSources): Promise<Sink[]> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const sinks: Sink[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query<{ text: string | null }>(
      `select string_agg(to_jsonb(t)::text, e'\\n') as text from ${name} t`,
    );
    sinks.push({ name: `table ${name}`, text: rows[0]?.text ?? '' });
  }
  return sinks;
}

async function readRedis({ redis: server }: SinkSources): Promise<Sink[]> {
  if (server === undefined) return [];
  const redis = new Redis(server.url, { maxRetriesPerRequest: 3 });
  redis.on('error', () => {});
  try {
    const keys = await redis.keys('*');
    const values = await Promise.all(keys.map((key) => readKey(redis, key)));
    return [{ name: 'redis', text: values.join('\n') }];
  } finally {
    redis.disconnect();
  }
}

async function readKey(redis: Redis, key: string): Promise<string> {
  const readers: Record<string, () => Promise<unknown>> = {
    string: () => redis.get(key),
    hash: () => redis.hgetall(key),
    list: () => redis.lrange(key, 0, -1),
    set: () => redis.smembers(key),
    zset: () => redis.zrange(key, '0', '-1'),
    stream: () => redis.xrange(key, '-', '+'),
  };
  const read = readers[await redis.type(key)];
  return `${key} ${JSON.stringify(await read?.())}`;
}

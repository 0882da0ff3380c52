/** The servers that all systems share: a durable PostgreSQL with stock settings, a Redis that logs each write, the stub. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { startLocalPostgres } from '../../local/postgres.ts';
import { startOwnRedisIn } from '../../test/helpers/services/redis.ts';
import { startChild } from '../children/child.ts';
import { stubReport, type StubReport } from '../stub/report.ts';
import type { Endings } from './endings.ts';
import { makeDataFolder, removeFolder } from './folder.ts';

export interface Servers {
  /** Superuser URL of the database `postgres`. */
  readonly postgresUrl: string;
  readonly postgresPid: number;
  readonly redisUrl: string;
  readonly redis: Redis;
  /** The servers' versions, for people. */
  readonly description: string;
  readonly stub: Stub;
}

export interface Stub {
  readonly url: string;
  /** Forgets all things and calls; each call takes that long from now on. */
  reset(latencyMs?: number): Promise<void>;
  report(): Promise<StubReport>;
}

export async function startServers(endings: Endings): Promise<Servers> {
  const folder = await makeDataFolder();
  endings.add(() => removeFolder(folder));
  await mkdir(path.join(folder, 'redis'));
  const postgres = await startLocalPostgres({ dataDir: path.join(folder, 'postgres') });
  endings.add(() => postgres.stop());
  const redisServer = await startOwnRedisIn(path.join(folder, 'redis'));
  endings.add(() => redisServer.remove());
  const redis = new Redis(redisServer.url);
  redis.on('error', () => {});
  endings.add(async () => redis.disconnect());
  const stub = await startChild('stub/main.ts', {}, endings);
  return {
    postgresUrl: postgres.url,
    postgresPid: postgres.pid,
    redisUrl: redisServer.url,
    redis,
    description: `PostgreSQL ${await versionOf(postgres.url)}, ${redisServer.description}`,
    stub: {
      url: stub.url,
      async reset(latencyMs = 0) {
        await ask(`${stub.url}/reset?latencyMs=${latencyMs}`);
      },
      report: async () => stubReport.parse(await ask(`${stub.url}/report`)),
    },
  };
}

async function ask(url: string): Promise<unknown> {
  const response = await fetch(url);
  return response.json();
}

async function versionOf(postgresUrl: string): Promise<string> {
  const client = new Client({ connectionString: postgresUrl });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('show server_version');
  await client.end();
  return rows[0]?.server_version ?? '';
}

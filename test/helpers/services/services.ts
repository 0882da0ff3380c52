import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import { createTemplates, type DatabaseTemplates } from './templates.ts';

/** The servers of a test run. */
export interface Services {
  postgresUrl: string;
  redisUrl: string;
  /** Databases that `createDatabase` and `startTestSandbox` copy. */
  templates: DatabaseTemplates;
  /** A folder for the servers' files; removed by `stop`. */
  directory: string;
  stop(): Promise<void>;
}

/** Starts Postgres and Redis, and prints one line saying which were used. */
export async function startServices(): Promise<Services> {
  const directory = await mkdtemp(path.join(tmpdir(), 'test-services-'));
  // The servers may run as another user.
  await chmod(directory, 0o755);
  const [postgres, redis] = await Promise.allSettled([
    startPostgres(path.join(directory, 'postgres')),
    startRedis(path.join(directory, 'redis')),
  ]);
  const started = [postgres, redis].filter((result) => result.status === 'fulfilled');
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(async ({ value }) => await value.remove()));
    await rm(directory, { recursive: true, force: true });
  };
  if (postgres.status === 'rejected' || redis.status === 'rejected') {
    await stop();
    throw postgres.status === 'rejected' ? postgres.reason : redis.status === 'rejected' && redis.reason;
  }
  process.stdout.write(`Test services: ${postgres.value.description}; ${redis.value.description}\n`);
  const templates = await createTemplates(postgres.value.url).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    postgresUrl: postgres.value.url,
    redisUrl: redis.value.url,
    templates: templates.names,
    directory,
    stop: async () => {
      await templates.remove();
      await stop();
    },
  };
}

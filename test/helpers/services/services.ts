import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fillCompileCache } from './compile-cache.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import { makeServerFolder } from './server-folder.ts';
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
  const directory = await makeServerFolder();
  const [postgres, redis] = await Promise.allSettled([
    startPostgres(path.join(directory, 'postgres')),
    startRedis(path.join(directory, 'redis')),
    fillCompileCache(),
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

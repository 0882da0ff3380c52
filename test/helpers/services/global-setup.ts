import type { TestProject } from 'vitest/node';
import { startServices, type Services } from './services.ts';
import type { DatabaseTemplates } from './templates.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser URL of the test run's Postgres server. */
    postgresUrl: string;
    /** The test run's Redis server. */
    redisUrl: string;
    /** Databases on that Postgres to be copied. */
    templates: DatabaseTemplates;
    /** A folder for whatever a test's own servers keep; removed after the run. */
    servicesDir: string;
  }
}

/** Vitest loads this file once per project, but the projects share one process and shall share one set of servers. */
interface Shared {
  services: Promise<Services>;
  users: number;
}
const shared = globalThis as typeof globalThis & { testServices?: Shared };

/** Starts the test run's servers for the first project that needs them; the last one to end stops them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const entry = (shared.testServices ??= { services: startServices(), users: 0 });
  entry.users += 1;
  const services = await entry.services;
  project.provide('postgresUrl', services.postgresUrl);
  project.provide('redisUrl', services.redisUrl);
  project.provide('templates', services.templates);
  project.provide('servicesDir', services.directory);
  return async () => {
    entry.users -= 1;
    if (entry.users > 0) return;
    delete shared.testServices;
    await services.stop();
  };
}

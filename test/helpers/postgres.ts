import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { inject } from 'vitest';
import { startOwnPostgresIn } from './services/postgres.ts';
import type { TestServer } from './services/test-server.ts';

/** Starts a Postgres for one test file alone, to be stopped or killed; call `remove` at the end. */
export async function startOwnPostgres(): Promise<TestServer> {
  return await startOwnPostgresIn(
    path.join(inject('servicesDir'), `postgres-${randomBytes(4).toString('hex')}`),
  );
}

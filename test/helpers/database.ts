import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { execute } from './services/execute.ts';

/** A database that one test file has for itself. */
export interface TestDatabase {
  /** Superuser URL. */
  url: string;
  /** Removes it, also when somebody is still connected. */
  drop(): Promise<void>;
}

/** Makes an empty database, or a copy of `template` (a database's name; nobody may be connected to it). */
export async function createDatabase(options: { template?: string } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(
    inject('postgresUrl'),
    `create database ${name} template ${options.template ?? 'template0'} ${inject('templates').copying}`,
  );
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => execute(inject('postgresUrl'), `drop database if exists ${name} with (force)`),
  };
}

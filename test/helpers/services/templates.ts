import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { migrateLedger } from '../../../src/ledger/migrate.ts';
import { migrateQueue } from '../../../src/queue/queues.ts';
import { cheapestCopy, createProjectTemplate } from '../../../sandbox/sandbox.ts';
import { execute } from './execute.ts';

/** Names of databases that a test run copies, as a copy takes a third of the time that making one takes. */
export interface DatabaseTemplates {
  /** A ledger with all migrations. */
  readonly ledger: string;
  /** The same with the queue's tables. */
  readonly ledgerWithQueue: string;
  /** A Supabase project of the sandbox. */
  readonly project: string;
  /** The clause of `create database` that copies them at the least cost. */
  readonly copying: string;
}

/** Makes the templates on a test run's Postgres; `remove` drops them. */
export async function createTemplates(
  postgresUrl: string,
): Promise<{ names: DatabaseTemplates; remove(): Promise<void> }> {
  const run = randomBytes(4).toString('hex');
  const names: DatabaseTemplates = {
    ledger: `template_${run}_ledger`,
    ledgerWithQueue: `template_${run}_ledger_with_queue`,
    project: `template_${run}_project`,
    copying: await readCheapestCopy(postgresUrl),
  };
  const urlOf = (name: string): string => Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href;
  await execute(postgresUrl, `create database ${names.ledger} template template0`);
  await migrateLedger(urlOf(names.ledger));
  await execute(urlOf(names.ledger), postponeScanSql);
  await execute(
    postgresUrl,
    `create database ${names.ledgerWithQueue} template ${names.ledger} ${names.copying}`,
  );
  await migrateQueue(urlOf(names.ledgerWithQueue));
  await createProjectTemplate(postgresUrl, names.project);
  return {
    names,
    remove: () =>
      execute(
        postgresUrl,
        ...[names.ledger, names.ledgerWithQueue, names.project].map(
          (name) => `drop database if exists ${name}`,
        ),
      ),
  };
}

async function readCheapestCopy(postgresUrl: string): Promise<string> {
  const client = new Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    return await cheapestCopy(client);
  } finally {
    await client.end();
  }
}

/** The first scan for orphans is due five minutes after the migration; a copy is used at any time of the run. */
const postponeScanSql = `update ledger.orphan_report set due_at = due_at + interval '1 day'`;

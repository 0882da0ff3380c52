/** Creates and upgrades the ledger's tables with numbered, forward-only SQL files. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from './pool.ts';

const folder = join(import.meta.dirname, 'migrations');
const migrationNames = readdirSync(folder)
  .filter((name) => name.endsWith('.sql'))
  .map((name) => name.slice(0, -'.sql'.length))
  .toSorted();

/** Brings the ledger up to date. Several processes may start it at once: one works, the others wait. */
export async function migrateLedger(databaseUrl: string): Promise<readonly string[]> {
  // Loaded here: servers and workers, which only ask what is missing, start sooner without it.
  const { runner } = await import('node-pg-migrate');
  const applied = await runner({
    databaseUrl,
    dir: folder,
    direction: 'up',
    schema: 'ledger',
    createSchema: true,
    migrationsTable: 'migrations',
    advisoryLockMode: 'wait',
    log: () => {},
  });
  return applied.map(({ name }) => name);
}

/** The migrations that this program knows and the database has not seen. Throws while the database is away. */
export async function listMissingMigrations(pool: Pool): Promise<readonly string[]> {
  const { rows: tables } = await pool.query<{ exists: boolean }>(
    `select to_regclass('ledger.migrations') is not null as exists`,
  );
  if (tables[0]?.exists !== true) return migrationNames;
  const { rows } = await pool.query<{ name: string }>('select name from ledger.migrations');
  const present = new Set(rows.map(({ name }) => name));
  return migrationNames.filter((name) => !present.has(name));
}

/** Throws while the database is away or older than this program. */
export async function requireLedger(pool: Pool): Promise<void> {
  const missing = await listMissingMigrations(pool);
  if (missing.length > 0)
    throw new Error(`the database lacks ${missing.length} migration(s): run "npm run migrate"`);
}

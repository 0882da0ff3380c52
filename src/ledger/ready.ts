/** Tells whether the ledger can be used. */
import { listMissingMigrations } from './migrate.ts';
import type { Pool } from './pool.ts';

/** Throws while the database is away or older than this program. */
export async function requireLedger(pool: Pool): Promise<void> {
  const missing = await listMissingMigrations(pool);
  if (missing.length > 0)
    throw new Error(`the database lacks ${missing.length} migration(s): run "npm run migrate"`);
}

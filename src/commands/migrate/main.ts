/** `npm run migrate`: creates or upgrades the ledger's tables, and the queue's where it lives in PostgreSQL. */
import { coreEnvironment, loadConfig } from '../../config.ts';
import { migrateQueue } from '../../queue/queues.ts';
import { migrateLedger } from '../../ledger/migrate.ts';
import { runCommand } from '../run-command.ts';

await runCommand(async () => {
  const config = loadConfig(process.env, [coreEnvironment.pick({ DATABASE_URL: true, REDIS_URL: true })]);
  const applied = await migrateLedger(config.DATABASE_URL);
  if (config.REDIS_URL === undefined) await migrateQueue(config.DATABASE_URL);
  console.log(applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`);
  return true;
});

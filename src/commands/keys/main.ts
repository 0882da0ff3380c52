/** `npm run keys`: makes, lists and revokes keys of the API, and changes the keys that secrets are encrypted with. */
import { coreEnvironment, loadConfig, workerEnvironment } from '../../config.ts';
import { openPool, type Pool } from '../../ledger/pool.ts';
import { requireLedger } from '../../ledger/migrate.ts';
import { runCommand } from '../run-command.ts';
import { createKey, listKeys, revokeKey, rotateEncryption, type Report } from './commands.ts';
import { help, readCommand, type KeysCommand } from './options.ts';

const databaseEnvironment = coreEnvironment.pick({ DATABASE_URL: true });
const encryptionEnvironment = workerEnvironment.pick({ ENCRYPTION_KEYS: true });

async function perform(command: KeysCommand): Promise<Report> {
  if (command.verb === 'help') return { result: help.trimEnd() };
  if (command.verb === 'rotate') return rotate();
  return withLedger((pool) => {
    if (command.verb === 'create') return createKey(pool, command);
    return command.verb === 'list' ? listKeys(pool) : revokeKey(pool, command.id);
  });
}

async function rotate(): Promise<Report> {
  const { ENCRYPTION_KEYS } = loadConfig(process.env, [databaseEnvironment, encryptionEnvironment]);
  return withLedger((pool) => rotateEncryption(pool, ENCRYPTION_KEYS));
}

async function withLedger(work: (pool: Pool) => Promise<Report>): Promise<Report> {
  const { DATABASE_URL: url } = loadConfig(process.env, [databaseEnvironment]);
  const pool = openPool({ url, max: 2, onError: () => {} });
  try {
    await requireLedger(pool);
    return await work(pool);
  } finally {
    await pool.end();
  }
}

await runCommand(async () => {
  const { result, remark, isDone = true } = await perform(readCommand(process.argv.slice(2)));
  if (result !== undefined) console.log(result);
  if (remark !== undefined) console.error(remark);
  return isDone;
});

/** `npm run keys`: makes, lists and revokes keys of the API, and changes the keys that secrets are encrypted with. */
import { coreEnvironment, loadConfig, workerEnvironment } from '../../config.ts';
import { ConfigurationError } from '../../errors.ts';
import { isDatabaseAway, openPool, type Pool } from '../../ledger/pool.ts';
import { requireLedger } from '../../ledger/migrate.ts';
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

async function exitCode(): Promise<number> {
  let command: KeysCommand;
  try {
    command = readCommand(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    console.error(error.message);
    return 2;
  }
  try {
    const { result, remark, isDone = true } = await perform(command);
    if (result !== undefined) console.log(result);
    if (remark !== undefined) console.error(remark);
    return isDone ? 0 : 1;
  } catch (error) {
    if (isDatabaseAway(error)) console.error('The database cannot be reached: is DATABASE_URL right?');
    else console.error(error instanceof ConfigurationError ? error.message : error);
    return 1;
  }
}

process.exitCode = await exitCode();

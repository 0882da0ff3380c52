/** The demo's own database on the embedded server: made anew at each start, and used by one demo at a time. */
import { ConfigurationError } from '../src/errors.ts';
import { migrateLedger } from '../src/ledger/migrate.ts';
import { openPool } from '../src/ledger/pool.ts';
import { migrateQueue } from '../src/queue/queues.ts';

const name = 'demo';
/** Any number that nobody else locks on this server. */
const lockNumber = 20_260_217;

export interface LedgerDatabase {
  readonly url: string;
  /** Lets the next demo in. */
  release(): Promise<void>;
}

/**
 * Drops what an earlier demo left and makes the tables, so that the sample's client id is free.
 *
 * Throws a ConfigurationError while another demo uses the same server. Its lock ends with its connection, so one that
 * was killed is in nobody's way.
 */
export async function recreateLedger(
  serverUrl: string,
  options: { withQueue: boolean },
): Promise<LedgerDatabase> {
  const pool = openPool({ url: serverUrl, max: 1, onError: () => {} });
  const session = await pool.connect();
  session.on('error', () => {});
  const release = async () => {
    session.release();
    await pool.end();
  };
  try {
    const { rows } = await session.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
      lockNumber,
    ]);
    if (rows[0]?.locked !== true)
      throw new ConfigurationError(
        'Another demo is running on this data folder. Stop it, or choose another folder with --data.',
      );
    await session.query(`drop database if exists ${name} with (force)`);
    await session.query(`create database ${name} template template0`);
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    await migrateLedger(url.href);
    if (options.withQueue) await migrateQueue(url.href);
    return { url: url.href, release };
  } catch (error) {
    await release();
    throw error;
  }
}

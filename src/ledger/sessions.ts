/** Makes sure that the connections to the ledger are sessions of their own. */
import { ConfigurationError } from '../errors.ts';
import type { Pool } from './pool.ts';

const advice =
  'DATABASE_URL leads to a pooler in transaction mode. A worker shows that it is alive by a lock in a session of its ' +
  'own, and statements are prepared once per session: use the address of the database itself, or of the pooler in ' +
  'session mode (Supavisor: port 5432 instead of 6543; PgBouncer: pool_mode = session).';

/** How often two connections are asked which server process they have. */
const rounds = 3;

/**
 * Throws a ConfigurationError where connections share sessions: two that are open at the same time have one server
 * process, or one has another process than before. Throws what the database says while it is away.
 */
export async function requireSessions(pool: Pool): Promise<void> {
  const clients = await connectTwo(pool);
  const owners = new Map<number, number>();
  try {
    for (let round = 0; round < rounds; round += 1)
      for (const [index, client] of clients.entries()) {
        const { rows } = await client.query<{ process: number }>('select pg_backend_pid() as process');
        owners.set(rows[0]?.process ?? 0, index);
        if (owners.size > clients.length) throw new ConfigurationError(advice);
      }
    if (owners.size < clients.length) throw new ConfigurationError(advice);
    for (const client of clients) client.release();
  } catch (error) {
    // Whatever they are: nobody is to use them.
    for (const client of clients) client.release(true);
    throw error;
  }
}

async function connectTwo(pool: Pool) {
  const first = await connect(pool);
  try {
    return [first, await connect(pool)];
  } catch (error) {
    first.release();
    throw error;
  }
}

/** PgBouncer refuses the parameters with which each session begins, unless it is told to ignore them. */
async function connect(pool: Pool) {
  return pool.connect().catch((error: unknown) => {
    const isPgBouncer = error instanceof Error && error.message.includes('unsupported startup parameter');
    throw isPgBouncer ? new ConfigurationError(advice, { cause: error }) : error;
  });
}

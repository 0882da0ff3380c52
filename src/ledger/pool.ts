/** Connections to the ledger. */
import pg from 'pg';

/** A pool or a client inside a transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;
export type Pool = pg.Pool;

export interface PoolOptions {
  readonly url: string;
  readonly max?: number;
  /** The longest that one statement may take. Default 15 s. */
  readonly statementMs?: number;
  /** Called with errors of idle connections, which would otherwise end the process. */
  readonly onError: (error: Error) => void;
}

export function openPool(options: PoolOptions): Pool {
  const { statementMs = 15_000 } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max ?? 20,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 5000,
    statement_timeout: statementMs,
    // A server that hangs, or whose machine is gone, ends no statement: nobody waits for it any longer than that.
    query_timeout: statementMs + 2000,
    idle_in_transaction_session_timeout: 15_000,
    application_name: 'client-provisioner',
    // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it, though its type says void
    onConnect: async (client) => {
      await client.query(setDurable);
    },
  });
  pool.on('error', options.onError);
  // A connection that is lent out tells its borrower too; without a listener its error would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Commits are durable also where the server may lose them in a crash: a call must not be sent whose intent can get lost. */
const setDurable = `select set_config('synchronous_commit',
  case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, false)`;

/**
 * Lends a connection to some work, and takes it back. One that fails meanwhile, or that the work gives up, is closed and
 * not used again.
 */
export async function lend<T>(
  client: pg.PoolClient,
  work: (giveUp: (error: unknown) => void) => Promise<T>,
): Promise<T> {
  let broken: Error | undefined;
  const giveUp = (error: unknown) => {
    broken ??= error instanceof Error ? error : new Error('a statement failed', { cause: error });
  };
  client.on('error', giveUp);
  try {
    return await work(giveUp);
  } finally {
    client.off('error', giveUp);
    client.release(broken);
  }
}

/** Runs one statement on a connection of its own. `onSent` is told when it has left, which the pool does not tell. */
export async function runStatement<Row extends pg.QueryResultRow>(
  pool: Pool,
  statement: pg.QueryConfig,
  onSent?: () => void,
): Promise<pg.QueryResult<Row>> {
  const client = await pool.connect();
  return lend(client, async (giveUp) => {
    try {
      const answered = client.query<Row>(statement);
      onSent?.();
      return await answered;
    } catch (error) {
      // A refusal leaves the connection as it was.
      if (!(error instanceof pg.DatabaseError)) giveUp(error);
      throw error;
    }
  });
}

/**
 * Runs `work` in one transaction, which is durable once it is committed. What it throws rolls everything back.
 * `onCommitSent` is told when the commit has left.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (db: Queryable) => Promise<T>,
  onCommitSent?: () => void,
): Promise<T> {
  const client = await pool.connect();
  return lend(client, async (giveUp) => {
    try {
      await client.query('begin');
      const result = await work(client);
      const committed = client.query('commit');
      onCommitSent?.();
      await committed;
      return result;
    } catch (error) {
      if (isUnanswered(error)) giveUp(error);
      else await client.query('rollback').catch(giveUp);
      throw error;
    }
  });
}

/** True where we gave up on a statement: its connection still waits for the answer, and takes no other statement. */
function isUnanswered(error: unknown): boolean {
  return error instanceof Error && /query read timeout/i.test(error.message);
}

/** SQLSTATE classes of a server that is away, starting, stopping, full or out of connections. */
const awayClasses = new Set(['08', '53', '57', '58']);
/** A server that only reads, and one that has ended a circle of locks: the statement was not wrong. */
const awaySqlStates = new Set(['25006', '40P01']);
const awayCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);

/** True where an error means that the database is away, rather than that the statement is wrong. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (error instanceof pg.DatabaseError) return awayClasses.has(code.slice(0, 2)) || awaySqlStates.has(code);
  return (
    awayCodes.has(code) ||
    isUnanswered(error) ||
    /connection terminated|timeout exceeded when trying to connect|not queryable/i.test(error.message)
  );
}

/** True where an error is the violation of a named constraint or index. */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof pg.DatabaseError && error.code === '23505' && error.constraint === constraint;
}

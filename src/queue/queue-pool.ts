/**
 * The connections of a queue that lives in PostgreSQL.
 *
 * BullMQ 6.7 knows one error of a database that is away: the refused connection. Every other one (a server that is
 * shutting down, say) it takes for the failure of what it was doing: a job whose acknowledgement failed counts as
 * failed, and a worker that cannot fetch asks again at once, as fast as the processor can. So a database that is away
 * always looks refused here, and no failure comes back without a pause.
 */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { isDatabaseAway } from '../ledger/pool.ts';

const pauseMs = 100;

class DatabaseAway extends Error {
  readonly code = 'ECONNREFUSED';
}

export interface QueuePool {
  readonly options: pg.PoolOptions;
  query(text: string, values?: unknown[]): Promise<pg.QueryResult>;
  connect(): Promise<pg.PoolClient>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  end(): Promise<void>;
}

export function openQueuePool(databaseUrl: string): QueuePool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    options: '-c search_path=bullmq',
    // Each of the four workers of a process keeps one connection for LISTEN.
    max: 5,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 5000,
    application_name: 'client-provisioner queue',
  });
  // Without a listener an error of a connection that is lent out would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return {
    options: pool.options,
    query: (text, values) => slowed(() => pool.query(text, values)),
    connect: () => slowed(() => pool.connect()),
    on: (event, listener) => pool.on(event, listener),
    end: () => pool.end(),
  };
}

async function slowed<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    await pause(pauseMs);
    throw isDatabaseAway(error) ? new DatabaseAway('the database is away', { cause: error }) : error;
  }
}

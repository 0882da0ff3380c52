/** How each system is set up, started, and seen to have finished a run. */
import { randomBytes } from 'node:crypto';
import { migrateLedger } from '../../src/ledger/migrate.ts';
import { migrateQueue } from '../../src/queue/queues.ts';
import { execute } from '../../test/helpers/services/execute.ts';
import type { SystemName } from './names.ts';

/** Where an installation lives: a database and a Redis of its own for as long as it runs. */
export interface Place {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly stubUrl: string;
  readonly concurrency: number;
}

export interface System {
  /** The process that takes orders. It may do the work, too. */
  readonly server: string;
  readonly worker?: string;
  /** Makes the tables, before any process starts. */
  prepare(databaseUrl: string): Promise<void>;
  environment(place: Place): Readonly<Record<string, string>>;
  /** Which of the ids in $1 are done with, either way. Undefined: it accepts orders and does nothing about them. */
  readonly finished?: string;
}

/** The key of the product's API. The others ask for none. */
export const apiKey = `bench-${randomBytes(24).toString('hex')}`;

function product(queue: 'redis' | 'postgres'): System {
  return {
    server: 'product/server.ts',
    worker: 'product/worker.ts',
    async prepare(databaseUrl) {
      await migrateLedger(databaseUrl);
      if (queue === 'postgres') await migrateQueue(databaseUrl);
    },
    environment: (place) => ({
      DATABASE_URL: place.databaseUrl,
      ...(queue === 'redis' ? { REDIS_URL: place.redisUrl } : {}),
      STUB_URL: place.stubUrl,
      WORKER_CONCURRENCY: String(place.concurrency),
      PORT: '0',
      ADMIN_API_KEY: apiKey,
      ENCRYPTION_KEYS: `bench:${randomBytes(32).toString('base64')}`,
      WEBHOOK_SIGNING_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
      // All orders come from one address.
      RATE_LIMIT_PER_MINUTE: '0',
    }),
    finished: `select id from ledger.provisionings where id = any($1::uuid[])
      and (rollback_status in ('completed', 'incomplete') or (status = 'succeeded' and rollback_status = 'none'))`,
  };
}

const plainEnvironment = (place: Place) => ({
  DATABASE_URL: place.databaseUrl,
  REDIS_URL: place.redisUrl,
  STUB_URL: place.stubUrl,
  WORKER_CONCURRENCY: String(place.concurrency),
});

export const systems: Readonly<Record<SystemName, System>> = {
  'product-redis': product('redis'),
  'product-postgres': product('postgres'),
  chain: {
    server: 'others/chain.ts',
    prepare: (databaseUrl) =>
      execute(
        databaseUrl,
        'create schema chain',
        `create table chain.runs (id uuid primary key, client_id text not null, position integer not null default 0,
          state text not null default 'running', made text[] not null default '{}',
          updated_at timestamptz not null default clock_timestamp())`,
      ),
    environment: plainEnvironment,
    finished: `select id from chain.runs where id = any($1::uuid[]) and state in ('succeeded', 'undone')`,
  },
  dbos: {
    server: 'others/dbos.ts',
    // DBOS makes its tables by itself when it starts.
    prepare: async () => {},
    environment: plainEnvironment,
    finished: `select workflow_uuid as id from dbos.workflow_status
      where workflow_uuid = any($1::text[]) and status in ('SUCCESS', 'ERROR')`,
  },
  floor: {
    server: 'others/floor.ts',
    prepare: (databaseUrl) =>
      execute(
        databaseUrl,
        'create schema floor',
        `create table floor.orders (id uuid primary key, client_id text not null,
          created_at timestamptz not null default clock_timestamp())`,
      ),
    environment: plainEnvironment,
  },
};

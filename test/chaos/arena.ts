/**
 * A whole installation to be broken: a server and two workers as processes of their own, each behind proxies to its
 * database and its queue, a Postgres and a Redis of its own, and a sandbox of the providers.
 */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { coreEnvironment, loadConfig, workerEnvironment, type EncryptionKey } from '../../src/config.ts';
import { migrateLedger } from '../../src/ledger/migrate.ts';
import { openQueues, migrateQueue, type Queues } from '../../src/queue/queues.ts';
import { providerNames, type ProviderName } from '../../sandbox/exchange.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { freePort } from '../../local/free-port.ts';
import { compileCache } from '../helpers/services/compile-cache.ts';
import { startOwnPostgresIn } from '../helpers/services/postgres.ts';
import { startOwnRedisIn } from '../helpers/services/redis.ts';
import type { TestServer } from '../helpers/services/test-server.ts';
import { until } from '../helpers/until.ts';
import type { Backend } from '../helpers/stack.ts';
import { startChild, type Child, type Role } from './child.ts';
import type { CrashOrder } from './crash-order.ts';
import { startFront, type Front } from './front.ts';
import { startProxy, type Proxy } from './proxy.ts';
import { openTemplate, type Template } from './template.ts';

/** Everything is short, and long enough for a machine that is busy. */
export const limits = {
  PROVIDER_TIMEOUT_MS: 700,
  STEP_MAX_ATTEMPTS: 6,
  RETRY_BASE_MS: 30,
  POLL_BASE_MS: 25,
  READY_TIMEOUT_MS: 8000,
  CALLBACK_RETRY_BASE_MS: 60,
  SETTLE_MS: 1500,
  LEASE_MS: 1500,
  SWEEP_INTERVAL_MS: 500,
  WORKER_CONCURRENCY: 5,
} as const;

/** A place for a process; another one takes it when the first is ended. */
interface Slot {
  readonly role: Role;
  readonly database: Proxy;
  readonly redis: Proxy | undefined;
  child: Child;
  log: string;
}

export interface Arena {
  readonly backend: Backend;
  readonly sandbox: Sandbox;
  /** Where the processes reach each provider. */
  readonly fronts: Readonly<Record<ProviderName, Front>>;
  readonly template: Template;
  /** The ledger, past all proxies. */
  readonly pool: pg.Pool;
  readonly queues: Queues;
  readonly postgres: TestServer;
  readonly redis: TestServer | undefined;
  readonly redisDir: string;
  readonly slots: readonly [Slot, Slot, Slot];
  readonly serverUrl: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly encryptionKeys: readonly EncryptionKey[];
  /** The Postgres that holds the databases of the sandbox's projects. */
  readonly providersUrl: string;
  /** What the processes are told to do to themselves; those to come are told too. */
  arm(crashes: Readonly<Record<Role, readonly CrashOrder[]>>): void;
  onFired: (orderId: string, child: Child) => void;
  /** How soon an ended process is started again. Undefined: not before `heal`. */
  restartAfterMs: number;
  /** Everything runs, everything is reachable, nothing more is armed. */
  heal(): Promise<void>;
  takeLogs(): { name: string; text: string }[];
  stop(): Promise<void>;
}

/** `providersUrl`: a Postgres for the databases that the sandbox makes; it is never disturbed. */
export async function startArena(
  backend: Backend,
  directory: string,
  providersUrl: string,
  patience: Readonly<Record<string, number>> = limits,
): Promise<Arena> {
  const redisDir = join(directory, 'redis');
  const [postgres, redis] = await Promise.all([
    startOwnPostgresIn(join(directory, 'postgres')),
    backend === 'redis' ? startOwnRedisIn(redisDir) : undefined,
  ]);
  await asAdmin(postgres.url, 'create database ledger');
  const databaseUrl = withPath(postgres.url, '/ledger');
  await migrateLedger(databaseUrl);
  if (backend === 'postgres') await migrateQueue(databaseUrl);

  const sandbox = await startSandbox({ postgresUrl: providersUrl });
  const fronts = await startFronts(sandbox);
  const template = await openTemplate(join(directory, 'templates'));
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 3 });
  pool.on('error', () => {});
  const queues = await openQueues({ redisUrl: redis?.url, databaseUrl, onError: () => {} });

  const port = await freePort();
  const environment = {
    PORT: String(port),
    HOST: '127.0.0.1',
    ADMIN_API_KEY: `chaos-admin-${randomBytes(24).toString('hex')}`,
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    WEBHOOK_SIGNING_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
    CALLBACK_ALLOWED_HOSTS: '127.0.0.1',
    SCHEMA_PATH: template.path,
    RATE_LIMIT_PER_MINUTE: '0',
    LOG_LEVEL: 'debug',
    NODE_COMPILE_CACHE: compileCache,
    ...Object.fromEntries(Object.entries(patience).map(([name, value]) => [name, String(value)])),
    ...throughFronts(sandbox, fronts),
  };

  let armed: Readonly<Record<Role, readonly CrashOrder[]>> = { worker: [], server: [] };
  let isStopping = false;
  const timers = new Set<NodeJS.Timeout>();

  async function openSlot(role: Role): Promise<Slot> {
    const database = await startProxy(postgres.port);
    const proxy = redis === undefined ? undefined : await startProxy(redis.port);
    const slot: Slot = { role, database, redis: proxy, child: spawn(), log: '' };
    function spawn(): Child {
      return startChild(
        role,
        {
          ...environment,
          DATABASE_URL: withPort(databaseUrl, database.port),
          ...(proxy === undefined ? {} : { REDIS_URL: `redis://127.0.0.1:${proxy.port}` }),
        },
        { fired: (id, child) => arena.onFired(id, child), ended: onEnded },
      );
    }
    function onEnded(child: Child): void {
      slot.log += child.takeOutput();
      if (isStopping) return;
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          if (isStopping) return;
          slot.child = spawn();
          slot.child.arm(armed[role]);
        },
        Math.max(arena.restartAfterMs, 20),
      );
      timers.add(timer);
    }
    return slot;
  }

  async function waitUntilReady(): Promise<void> {
    await until(
      () => arena.slots.every(({ child }) => child.isReady()) || undefined,
      'the processes to be ready',
      120_000,
    ).catch((error: unknown) => {
      const said = arena.slots.map(({ log, child }) => (log + child.takeOutput()).slice(-2000));
      throw new Error(`the processes do not start: ${said.join('\n')}`, { cause: error });
    });
  }

  const arena: Arena = {
    backend,
    sandbox,
    fronts,
    template,
    pool,
    queues,
    postgres,
    redis,
    redisDir,
    slots: await Promise.all([openSlot('worker'), openSlot('worker'), openSlot('server')]),
    serverUrl: `http://127.0.0.1:${port}`,
    environment,
    encryptionKeys: loadConfig({ ...environment, DATABASE_URL: databaseUrl }, [
      coreEnvironment,
      workerEnvironment,
    ]).ENCRYPTION_KEYS,
    providersUrl,
    restartAfterMs: 0,
    onFired: () => {},
    arm(crashes) {
      armed = crashes;
      for (const { role, child } of arena.slots) child.arm(armed[role]);
    },
    async heal() {
      arena.arm({ worker: [], server: [] });
      arena.restartAfterMs = 0;
      await Promise.all(providerNames.map((name) => fronts[name].comeBack()));
      await Promise.all([postgres.start(), redis?.start()]);
      for (const slot of arena.slots) {
        slot.database.release();
        slot.redis?.release();
        if (slot.child.isAlive()) {
          slot.child.kill('SIGCONT');
          slot.child.moveClock(0);
        }
      }
      await waitUntilReady();
    },
    takeLogs: () =>
      arena.slots.map((slot, index) => {
        const text = slot.log + slot.child.takeOutput();
        slot.log = '';
        return { name: `log of ${slot.role} ${index}`, text };
      }),
    async stop() {
      isStopping = true;
      for (const timer of timers) clearTimeout(timer);
      for (const { child } of arena.slots) child.kill('SIGKILL');
      await Promise.all(arena.slots.map(({ child }) => child.ended));
      await Promise.all(
        arena.slots.flatMap(({ database, redis: proxy }) =>
          proxy === undefined ? [database.close()] : [database.close(), proxy.close()],
        ),
      );
      await queues.close(500);
      await pool.end();
      await Promise.all(providerNames.map((name) => fronts[name].close()));
      await sandbox.stop();
      await Promise.all([postgres.remove(), redis?.remove()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
  await waitUntilReady();
  return arena;
}

async function startFronts({ urls }: Sandbox): Promise<Record<ProviderName, Front>> {
  const start = (name: ProviderName) => startFront(Number(new URL(urls[name]).port));
  return {
    supabase: await start('supabase'),
    github: await start('github'),
    vercel: await start('vercel'),
    n8n: await start('n8n'),
  };
}

/** The sandbox's environment, with the fronts in the place of the providers. */
function throughFronts(
  { urls, environment }: Sandbox,
  fronts: Readonly<Record<ProviderName, Front>>,
): Record<string, string> {
  const places = new Map(
    providerNames.map((name) => [urls[name], withPort(urls[name], fronts[name].port).replace(/\/$/, '')]),
  );
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, places.get(value) ?? value]),
  );
}

function withPath(url: string, path: string): string {
  const changed = new URL(url);
  changed.pathname = path;
  return changed.href;
}

function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

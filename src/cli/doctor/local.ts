/** `doctor --local`: looks at the server's own machine, also while nothing runs. */
import { stat, statfs } from 'node:fs/promises';
import { coreEnvironment, loadConfig, serverEnvironment, workerEnvironment } from '../../config.ts';
import { ConfigurationError } from '../../errors.ts';
import { listMissingMigrations } from '../../ledger/migrate.ts';
import { openPool, type Pool } from '../../ledger/pool.ts';
import { readQueueSettings } from '../../queue/settings.ts';
import { runChecks } from '../../preflight/run-checks.ts';
import { steps } from '../../steps/index.ts';
import type { Diagnosis } from './report.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface LocalOptions {
  /** The variables of the process, and of `.env` where the process has none. */
  readonly environment: Environment;
  /** The folder that the service runs in. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export async function* lookAround(options: LocalOptions): AsyncGenerator<Diagnosis> {
  yield judgeNode(process.versions.node);
  yield* lookAtVariables(options);
  yield* lookAtEnvFile(options.folder);
  yield await lookAtDisk(options.folder);
  yield* lookAtDatabase(options.environment);
  yield await lookAtQueue(options.environment);
  yield* lookAtProviders(options);
}

/** The oldest Node that runs the sources as they are. */
const oldestNode = [24, 12] as const;

export function judgeNode(version: string): Diagnosis {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return { name: 'node', ok, detail: version, fix: 'Install Node 24.12 or newer, or run "npm run setup".' };
}

function* lookAtVariables({ environment }: LocalOptions): Generator<Diagnosis> {
  const name = 'variables';
  try {
    const ofSteps = steps.map((step) => step.environment);
    loadConfig(environment, [coreEnvironment, serverEnvironment, workerEnvironment, ...ofSteps]);
    yield { name, ok: true, detail: 'all that are needed are set' };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const [, problem = ''] of error.message.matchAll(/^ {2}- (.*)$/gm))
      yield { name, ok: false, detail: problem, fix: 'Set it in .env as .env.example says, or run "init".' };
  }
}

async function* lookAtEnvFile(folder: string): AsyncGenerator<Diagnosis> {
  const facts = await stat(`${folder}/.env`).catch(() => undefined);
  if (facts === undefined) return;
  const others = facts.mode & 0o077;
  const mode = (facts.mode & 0o777).toString(8).padStart(4, '0');
  yield { name: '.env', ok: others === 0, detail: `mode ${mode}`, fix: 'It has secrets: chmod 600 .env' };
}

const leastFreeBytes = 1e9;

async function lookAtDisk(folder: string): Promise<Diagnosis> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  return {
    name: 'disk',
    ok: free >= leastFreeBytes,
    detail: `${(free / 1e9).toFixed(1)} GB free in ${folder}`,
    fix: 'Make room: less than 1 GB is left.',
  };
}

/** Leases and signatures bear less than a minute. */
const mostSkewMs = 5000;

export async function* lookAtDatabase(environment: Environment): AsyncGenerator<Diagnosis> {
  const url = environment['DATABASE_URL'] ?? '';
  // The variables' own line has said so.
  if (!coreEnvironment.shape.DATABASE_URL.safeParse(url).success) return;
  const pool = openPool({ url, max: 1, onError: () => {} });
  try {
    const askedAt = Date.now();
    const { rows } = await pool.query<{ now: Date; version: string; size: string }>(
      `select clock_timestamp() as now, current_setting('server_version') as version,
              pg_size_pretty(pg_database_size(current_database())) as size`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('a select without a table has one row');
    yield { name: 'database', ok: true, detail: `PostgreSQL ${row.version}, ${row.size}` };
    yield judgeClock(row.now.getTime(), askedAt, Date.now());
    yield await lookAtMigrations(pool);
  } catch (error) {
    yield {
      name: 'database',
      ok: false,
      detail: `it cannot be reached: ${reasonOf(error)}`,
      fix: 'Start PostgreSQL, or correct DATABASE_URL.',
    };
  } finally {
    await pool.end();
  }
}

/** `theirs` was read between two moments of our own clock. */
export function judgeClock(theirs: number, askedAt: number, answeredAt: number): Diagnosis {
  const skewMs = theirs < askedAt ? theirs - askedAt : Math.max(0, theirs - answeredAt);
  const seconds = (Math.abs(skewMs) / 1000).toFixed(1);
  return {
    name: 'clock',
    ok: Math.abs(skewMs) <= mostSkewMs,
    detail: skewMs === 0 ? 'agrees with the database' : `${seconds} s off the database's`,
    fix: 'Set both clocks by NTP.',
  };
}

async function lookAtMigrations(pool: Pool): Promise<Diagnosis> {
  const missing = await listMissingMigrations(pool);
  return {
    name: 'migrations',
    ok: missing.length === 0,
    detail: missing.length === 0 ? 'the database is up to date' : `${missing.length} missing`,
    fix: 'npm run migrate',
  };
}

export async function lookAtQueue(environment: Environment): Promise<Diagnosis> {
  const name = 'queue';
  const url = environment['REDIS_URL'] ?? '';
  if (url === '') return { name, ok: true, detail: 'in PostgreSQL (REDIS_URL is not set)' };
  try {
    const { version, maxmemoryPolicy } = await readQueueSettings(url);
    // Where the server does not tell, it is not known to be wrong.
    const ok = maxmemoryPolicy === undefined || maxmemoryPolicy === 'noeviction';
    return {
      name,
      ok,
      detail: `Redis ${version}, maxmemory-policy ${maxmemoryPolicy ?? 'not told'}`,
      fix: 'Set maxmemory-policy noeviction: Redis may drop jobs otherwise.',
    };
  } catch (error) {
    return {
      name,
      ok: false,
      detail: `Redis cannot be reached: ${reasonOf(error)}`,
      fix: 'Start Redis, or correct REDIS_URL. Nothing is lost meanwhile.',
    };
  }
}

async function* lookAtProviders({ environment, signal }: LocalOptions): AsyncGenerator<Diagnosis> {
  const timeoutMs = coreEnvironment.shape.PROVIDER_TIMEOUT_MS.safeParse(
    environment['PROVIDER_TIMEOUT_MS'],
  ).data;
  const checks = await runChecks({
    steps,
    environment,
    timeoutMs: timeoutMs ?? 30_000,
    signal,
    onDefect: () => {},
  });
  for (const { provider, name, ok, detail, fix } of checks)
    yield { name: `${provider} ${name}`, ok, detail, fix: fix ?? undefined };
}

/** Without the address, which may hold a password. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

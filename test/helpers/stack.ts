/** The whole product in one process, against a sandbox of the providers, a database and a queue of its own. */
import { randomBytes, randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { coreEnvironment, loadConfig, serverEnvironment, workerEnvironment } from '../../src/config.ts';
import { openPool, type Pool } from '../../src/ledger/pool.ts';
import { createLogger } from '../../src/log/logger.ts';
import type { Sandbox, SandboxOptions } from '../../sandbox/sandbox.ts';
import { startTestSandbox } from './sandbox.ts';
import { startServer, type RunningServer } from '../../src/server/start.ts';
import { isDone, type ProvisioningStatus, type RollbackStatus } from '../../src/provisioning.ts';
import type { Running } from '../../src/process.ts';
import type { createScrubber } from '../../src/log/scrubber.ts';
import { secretValues } from '../../src/log/secret-values.ts';
import { steps as allSteps } from '../../src/steps/index.ts';
import type { Step } from '../../src/steps/step.ts';
import { startWorker } from '../../src/worker/start.ts';
import { createDatabase } from './database.ts';
import { redisUrlForFile } from './redis.ts';
import { until } from './until.ts';

export type Backend = 'redis' | 'postgres';
export const backends: readonly Backend[] = ['redis', 'postgres'];

/** A provisioning as the API shows it; tests read only these fields. */
export interface ShownProvisioning {
  id: string;
  clientId: string;
  status: string;
  rollback: { status: string };
  done: boolean;
  needsAttention: boolean;
  steps: {
    name: string;
    status: string;
    attempts: number;
    waitingFor: string | null;
    waiting: { for: string; since: string; until: string | null; nextLookAt: string | null } | null;
    error: { code: string; message: string } | null;
  }[];
  resources: {
    id: string;
    kind: string;
    externalId: string | null;
    name: string;
    origin: string;
    state: string;
    error?: string;
    whatToDo?: string;
  }[];
  result: Record<string, string>;
  failure: {
    step: string;
    code: string;
    message: string;
    whatToDo: string;
    providerText?: string;
    at: string;
  } | null;
  warnings: { step: string; code: string; message: string }[];
  createdAt: string;
  finishedAt: string | null;
  links: Record<string, string>;
}

export interface Stack {
  readonly sandbox: Sandbox;
  readonly server: RunningServer;
  readonly pool: Pool;
  readonly environment: Record<string, string>;
  /** Everything logged so far. */
  readonly logLines: string[];
  call(path: string, init?: RequestInit & { key?: string | undefined }): Promise<Response>;
  /** Accepts a provisioning and returns it as answered. */
  provision(order?: Record<string, unknown>): Promise<ShownProvisioning>;
  show(id: string): Promise<ShownProvisioning>;
  /** Waits until nothing more happens by itself. */
  waitUntilDone(id: string): Promise<ShownProvisioning>;
  /** One more, with other steps than the stack's where they are given. */
  startWorker(withSteps?: readonly Step[]): Promise<Running>;
  /** From then on nothing happens by itself. */
  stopWorkers(): Promise<void>;
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly backend: Backend;
  readonly sandbox?: Partial<SandboxOptions>;
  /** Variables that differ from the fast ones of the tests. */
  readonly environment?: Record<string, string>;
  /** Default 1. */
  readonly workers?: number;
  /** A Redis of the test's own, for worker processes, which know no key prefix but the product's. */
  readonly redisUrl?: string | undefined;
  /** Others than the product's own. */
  readonly steps?: readonly Step[];
  /** Default: one that knows no secret, so that tests see whether one gets that far. */
  readonly scrubber?: typeof createScrubber;
}

const templateSchema = 'test/helpers/template-schema';

/** Variables that make everything fast, with keys made for this run. */
export function testEnvironment(databaseUrl: string): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    PORT: '0',
    ADMIN_API_KEY: `test-admin-${randomBytes(24).toString('hex')}`,
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    WEBHOOK_SIGNING_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
    CALLBACK_ALLOWED_HOSTS: '127.0.0.1',
    // Tests look far more often than callers do.
    RATE_LIMIT_PER_MINUTE: '0',
    SCHEMA_PATH: templateSchema,
    PROVIDER_TIMEOUT_MS: '5000',
    STEP_MAX_ATTEMPTS: '4',
    RETRY_BASE_MS: '50',
    POLL_BASE_MS: '40',
    READY_TIMEOUT_MS: '20000',
    CALLBACK_RETRY_BASE_MS: '100',
    SETTLE_MS: '1000',
    LEASE_MS: '10000',
    SWEEP_INTERVAL_MS: '500',
    LOG_LEVEL: 'debug',
  };
}

export async function startStack(options: StackOptions): Promise<Stack> {
  const templates = inject('templates');
  const database = await createDatabase({
    template: options.backend === 'postgres' ? templates.ledgerWithQueue : templates.ledger,
  });
  const redis = redisUrlForFile();
  const sandbox = await startTestSandbox(options.sandbox);
  const environment: Record<string, string> = {
    ...testEnvironment(database.url),
    ...sandbox.environment,
    ...(options.backend === 'redis' ? { REDIS_URL: options.redisUrl ?? redis.url } : {}),
    ...options.environment,
  };
  const config = loadConfig(environment, [coreEnvironment, serverEnvironment, workerEnvironment]);
  const logLines: string[] = [];
  const keepLine = (line: string) => {
    logLines.push(line);
    // For a person who looks into a failing test: TEST_LOG=1 npx vitest …
    if (process.env['TEST_LOG'] === '1') process.stderr.write(line);
  };
  const scrubbing =
    options.scrubber === undefined
      ? { secrets: [] }
      : { secrets: secretValues(environment), scrubber: options.scrubber };
  const log = createLogger({ level: config.LOG_LEVEL, ...scrubbing, destination: { write: keepLine } });
  const { signal } = new AbortController();
  const queue = options.redisUrl === undefined ? { queuePrefix: redis.prefix } : {};
  const steps = options.steps ?? allSteps;
  const server = await startServer({ config, log, signal, ...queue, ...scrubbing, steps });
  const pool = openPool({ url: database.url, onError: () => {} });
  const workers: Running[] = [];
  const stack: Stack = {
    sandbox,
    server,
    pool,
    environment,
    logLines,
    call(path, { key = config.ADMIN_API_KEY, ...init } = {}) {
      const headers = new Headers(init.headers);
      if (key !== '') headers.set('authorization', `Bearer ${key}`);
      return fetch(server.url + path, { redirect: 'manual', ...init, headers });
    },
    async provision(order = {}) {
      const response = await stack.call('/api/provisioning', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          clientId: newClientId(),
          clientName: 'Acme Ltd',
          orgEmail: 'ops@acme.example',
          tier: 'starter',
          ...order,
        }),
      });
      const body = (await response.json()) as ShownProvisioning;
      if (response.status !== 202)
        throw new Error(`POST answered ${response.status}: ${JSON.stringify(body)}`);
      return body;
    },
    async show(id) {
      const response = await stack.call(`/api/provisioning/${id}`);
      return (await response.json()) as ShownProvisioning;
    },
    async waitUntilDone(id) {
      await until(() => isDoneInLedger(pool, id), `provisioning ${id} to be done`);
      const shown = await stack.show(id);
      if (!shown.done) throw new Error(`the API does not call ${id} done, the ledger does`);
      return shown;
    },
    async startWorker(withSteps = steps) {
      const worker = await startWorker({ config, environment, log, signal, ...queue, steps: withSteps });
      let stopping: Promise<void> | undefined;
      const once: Running = { ...worker, stop: () => (stopping ??= worker.stop()) };
      workers.push(once);
      return once;
    },
    async stopWorkers() {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
    async stop() {
      await Promise.all([server.stop(), ...workers.map((worker) => worker.stop())]);
      await pool.end();
      await sandbox.stop();
      await database.drop();
    },
  };
  for (let count = options.workers ?? 1; count > 0; count -= 1) await stack.startWorker();
  return stack;
}

/** What the API calls `done`, for a twentieth of what it costs to ask the API. */
async function isDoneInLedger(pool: Pool, id: string): Promise<true | undefined> {
  const { rows } = await pool.query<{ status: ProvisioningStatus; rollback_status: RollbackStatus }>(
    'select status, rollback_status from ledger.provisionings where id = $1',
    [id],
  );
  const [row] = rows;
  return row !== undefined && isDone(row.status, row.rollback_status) ? true : undefined;
}

export function newClientId(): string {
  return `client-${randomUUID().slice(0, 8)}`;
}

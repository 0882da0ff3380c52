/** The product, whose only step is the webhook, against one n8n: the API in this process, the worker as one to kill. */
import { join } from 'node:path';
import { Client } from 'pg';
import { coreEnvironment, loadConfig, serverEnvironment } from '../../src/config.ts';
import { migrateLedger } from '../../src/ledger/migrate.ts';
import { startLocalPostgres } from '../../local/postgres.ts';
import { createLogger } from '../../src/log/logger.ts';
import { migrateQueue } from '../../src/queue/queues.ts';
import { startServer } from '../../src/server/start.ts';
import { n8nWebhooks } from '../../src/steps/n8n-webhooks.ts';
import { newClientId, testEnvironment, type ShownProvisioning } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { startWorkerProcess, type WorkerProcess } from '../helpers/worker-process.ts';

/** A real server under load answers when it can. */
const doneMs = 300_000;

export interface Product {
  post(path: string, body?: object): Promise<ShownProvisioning>;
  provision(clientId?: string): Promise<ShownProvisioning>;
  untilDone(id: string): Promise<ShownProvisioning>;
  /** Waits until the client is gone, or is not. */
  offboard(provisioning: ShownProvisioning): Promise<ShownProvisioning>;
  killWorker(): Promise<void>;
  startWorker(): Promise<void>;
  stop(): Promise<void>;
}

export async function startProduct(version: string, n8nHost: string, apiKey: string): Promise<Product> {
  const postgres = await startLocalPostgres({ dataDir: join('.data/real-n8n/postgres', version) });
  const databaseUrl = await createDatabase(postgres.url);
  const environment = {
    ...testEnvironment(databaseUrl),
    PROVIDER_TIMEOUT_MS: '60000',
    READY_TIMEOUT_MS: '180000',
    // Until n8n has started anew.
    STEP_MAX_ATTEMPTS: '60',
    RETRY_BASE_MS: '500',
    POLL_BASE_MS: '300',
    SETTLE_MS: '3000',
    N8N_HOST: n8nHost,
    N8N_API_KEY: apiKey,
    // The worker knows all steps, and is given one.
    SUPABASE_MANAGEMENT_TOKEN: 'none',
    SUPABASE_ORG_ID: 'none',
    SUPABASE_REGION: 'eu-central-1',
    GITHUB_TOKEN: 'none',
    GITHUB_ORG: 'none',
    GITHUB_TEMPLATE_REPO: 'none',
    VERCEL_TOKEN: 'none',
    VERCEL_TEAM_ID: 'team_none',
  };
  const config = loadConfig(environment, [coreEnvironment, serverEnvironment]);
  await migrateLedger(databaseUrl);
  await migrateQueue(databaseUrl);
  const log = createLogger({ level: 'silent', secrets: [] });
  const { signal } = new AbortController();
  const server = await startServer({ config, log, signal, steps: [n8nWebhooks] });
  let worker: WorkerProcess | undefined;

  async function call(path: string, init: RequestInit = {}): Promise<ShownProvisioning> {
    const response = await fetch(`${server.url}/api/provisioning${path}`, {
      ...init,
      headers: { authorization: `Bearer ${config.ADMIN_API_KEY}`, 'content-type': 'application/json' },
    });
    const body = (await response.json()) as ShownProvisioning;
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${JSON.stringify(body)}`);
    return body;
  }
  const product: Product = {
    post: (path, body = {}) => call(path, { method: 'POST', body: JSON.stringify(body) }),
    provision: (clientId = newClientId()) =>
      product.post('', { clientId, clientName: 'Acme Ltd', orgEmail: 'ops@acme.example', tier: 'starter' }),
    untilDone: (id) =>
      until(
        async () => {
          const shown = await call(`/${id}`);
          return shown.done ? shown : undefined;
        },
        `provisioning ${id} to be done`,
        doneMs,
      ),
    async offboard({ id, clientId }) {
      await product.post(`/${id}/rollback`, { confirm: clientId });
      return until(
        async () => {
          const shown = await call(`/${id}`);
          return ['completed', 'incomplete'].includes(shown.rollback.status) ? shown : undefined;
        },
        `${clientId} to be offboarded`,
        doneMs,
      );
    },
    async killWorker() {
      await worker?.kill('SIGKILL');
      worker = undefined;
    },
    async startWorker() {
      worker = await startWorkerProcess(environment, doneMs);
    },
    async stop() {
      await worker?.kill('SIGTERM');
      await server.stop();
      await postgres.stop();
    },
  };
  await product.startWorker();
  return product;
}

async function createDatabase(serverUrl: string): Promise<string> {
  const name = `real_n8n_${Date.now()}`;
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** A real n8n server, with an owner and an API key. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { freePort } from '../../local/free-port.ts';
import { until } from '../helpers/until.ts';
import type { InstalledN8n } from './install.ts';

/** Two cores and other work beside it. */
const startMs = 300_000;

const owner = {
  email: 'owner@example.com',
  firstName: 'Real',
  lastName: 'Owner',
  password: 'Only-for-tests-1',
};
const scopes = ['create', 'list', 'read', 'update', 'delete', 'activate', 'deactivate'].map(
  (right) => `workflow:${right}`,
);
const workflowList = z.object({ data: z.array(z.object({ id: z.string(), name: z.string() })) });

export interface RealN8n {
  readonly url: string;
  readonly apiKey: string;
  /** Straight to the public API, past any proxy. */
  api(method: string, path: string, body?: unknown): Promise<Response>;
  workflows(): Promise<z.infer<typeof workflowList>['data']>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one with an empty database. */
export async function startN8n(installed: InstalledN8n): Promise<RealN8n> {
  await rm(installed.folder, { recursive: true, force: true });
  await mkdir(installed.folder, { recursive: true });
  let running = await launch(installed);
  const apiKey = await makeKey(running.url);
  const api = (method: string, path: string, body?: unknown) =>
    fetch(`${running.url}/api/v1${path}`, {
      method,
      headers: { 'x-n8n-api-key': apiKey, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    get url() {
      return running.url;
    },
    apiKey,
    api,
    async workflows() {
      return workflowList.parse(await (await api('GET', '/workflows?limit=250')).json()).data;
    },
    async restart() {
      await end(running.child);
      running = await launch(installed);
    },
    stop: () => end(running.child),
  };
}

interface RunningN8n {
  readonly url: string;
  readonly child: ChildProcess;
}

/** n8n takes seconds to listen. Where somebody else has its port by then it exits, and is started with another one. */
async function launch(installed: InstalledN8n): Promise<RunningN8n> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = spawnN8n(installed, port, await freePort());
    if (await isReady(url, child)) return { url, child };
    if (attempt === 3)
      throw new Error(`n8n exited with ${child.exitCode}: see ${installed.folder}/server.log`);
  }
}

function spawnN8n({ node, program, folder }: InstalledN8n, port: number, brokerPort: number): ChildProcess {
  const child = spawn(node, [program, 'start'], {
    env: {
      PATH: `${dirname(node)}:/usr/bin:/bin`,
      HOME: folder,
      N8N_USER_FOLDER: folder,
      N8N_PORT: String(port),
      N8N_LISTEN_ADDRESS: '127.0.0.1',
      N8N_ENCRYPTION_KEY: 'only-for-tests',
      N8N_SECURE_COOKIE: 'false',
      N8N_DIAGNOSTICS_ENABLED: 'false',
      N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
      N8N_TEMPLATES_ENABLED: 'false',
      N8N_RUNNERS_BROKER_PORT: String(brokerPort),
      DB_SQLITE_POOL_SIZE: '2',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(join(folder, 'server.log'), { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return child;
}

/** False: it has exited. */
async function isReady(url: string, child: ChildProcess): Promise<boolean> {
  return until(
    async () => {
      if (child.exitCode !== null || child.signalCode !== null) return { is: false };
      const health = await fetch(`${url}/healthz/readiness`);
      // Before the API is there it answers with a page.
      const list = await fetch(`${url}/api/v1/workflows`);
      return health.ok && list.status === 401 ? { is: true } : undefined;
    },
    'n8n to be ready',
    startMs,
  ).then(({ is }) => is);
}

async function makeKey(url: string): Promise<string> {
  const post = (path: string, body: object, cookie = '') =>
    fetch(`${url}/rest${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify(body),
    });
  await until(async () => (await post('/owner/setup', owner)).ok || undefined, 'the owner', startMs);
  const login = await post('/login', { ...owner, emailOrLdapLoginId: owner.email });
  const cookie = login.headers.getSetCookie().map((one) => one.split(';')[0]);
  const made = await post('/api-keys', { label: 'tests', expiresAt: null, scopes }, cookie.join('; '));
  const answer = z.object({ data: z.object({ rawApiKey: z.string() }) });
  return answer.parse(await made.json()).data.rawApiKey;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  await exited;
  clearTimeout(timer);
}

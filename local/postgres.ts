import { spawn } from 'node:child_process';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { Client } from 'pg';
import { freePort } from './free-port.ts';
import { openCluster, serverEnvironment, SUPERUSER, type Cluster } from './postgres-cluster.ts';
import type { PostgresExtensions } from './postgres-extensions.ts';
import { isAlive, isServing, postmasterFile, readPostmaster, type Postmaster } from './postmaster-file.ts';
import { waitFor } from './wait.ts';

/** A running PostgreSQL server on this machine. */
export interface LocalPostgres {
  /** Superuser URL of the database `postgres`. */
  url: string;
  /** The server's process id. */
  pid: number;
  /** Stops the server, unless another living process had started it. May be repeated. */
  stop(): Promise<void>;
}

export interface LocalPostgresOptions {
  /** Where the data, the password and the server's log are kept. Made when it isn't there. */
  dataDir: string;
  log?: (line: string) => void;
  /** Told in a sentence what a person should know; default: standard error. */
  warn?: (sentence: string) => void;
  /** More than the server's package brings; ignored when a server already runs on `dataDir`. */
  extensions?: PostgresExtensions;
  /** Server settings such as `max_connections`; ignored when a server already runs on `dataDir`. */
  settings?: Record<string, string>;
}

const START_TIMEOUT_MS = 60_000;
const START_TRIES = 5;
const QUIET_STOP_MS = 2_000;
const FAST_STOP_MS = 20_000;
const LOG_LIMIT_BYTES = 10_000_000;

/** Servers this process has started or taken over, by process id. */
const ownServers = new Set<number>();

/**
 * Starts a PostgreSQL server that needs nothing installed on the machine but this project's npm packages.
 *
 * It listens on a free port of 127.0.0.1 only, keeps its data durable (unless `settings` say otherwise), and works
 * for root too. A server that already runs on `dataDir` is used as it is; one left behind by a process that was
 * killed is taken over. On Linux the server stops when the process that started it dies.
 *
 * @throws when the platform has no server package, or the server doesn't start; the message says what to do, or
 * ends with the server's last lines.
 */
export async function startLocalPostgres(options: LocalPostgresOptions): Promise<LocalPostgres> {
  const log = options.log ?? (() => undefined);
  const warn = options.warn ?? ((sentence) => process.stderr.write(`${sentence}\n`));
  const cluster = await openCluster(options.dataDir, { extensions: options.extensions, log, warn });

  for (let tries = 1; ; tries += 1) {
    const running = await findRunning(cluster);
    if (running !== undefined) {
      const isOurs = await takeOver(cluster, running);
      log(`using the server on port ${running.port} (process ${running.pid})`);
      return handle(cluster, running, isOurs);
    }
    const started = await start(cluster, options.settings ?? {});
    if (typeof started !== 'string') {
      log(`started on port ${started.port} (process ${started.pid})`);
      return handle(cluster, started, true);
    }
    // Another process was faster, took our port, or its children are still on their way out.
    const isPassing = /already exists|Address already in use|pre-existing shared memory/.test(started);
    if (!isPassing || tries === START_TRIES) throw new Error(`PostgreSQL did not start:\n${started}`);
  }
}

/** The server that serves this data already; waits for one that is starting or stopping. */
async function findRunning(cluster: Cluster): Promise<Postmaster | undefined> {
  const found = await waitFor<Postmaster | 'none'>(async () => {
    const postmaster = await readPostmaster(cluster.directory);
    if (postmaster === undefined) return 'none';
    if (!(await isServing(postmaster.pid, cluster.directory))) {
      // PostgreSQL copes with a dead process's file, but not with one whose number is somebody else's now.
      if (isAlive(postmaster.pid)) await rm(postmasterFile(cluster.directory), { force: true });
      return 'none';
    }
    return postmaster.status === 'ready' && (await answers(urlOf(cluster, postmaster)))
      ? postmaster
      : undefined;
  }, START_TIMEOUT_MS);
  if (found === undefined) {
    throw new Error(`The PostgreSQL server on ${cluster.directory} neither answers nor ends.`);
  }
  return found === 'none' ? undefined : found;
}

/** Starts a server; the answer is its log when it ended instead of becoming ready. */
async function start(cluster: Cluster, settings: Record<string, string>): Promise<Postmaster | string> {
  const port = await freePort();
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    ssl: 'off',
    ...settings,
  };
  const { user, binaries } = cluster;
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const words = [...user.prefix, binaries.postgres, '-D', cluster.directory, ...flags];
  const [command = binaries.postgres, ...args] = words;

  // A file, not a pipe: the server must be able to write when the process that started it is gone.
  const output = await open(cluster.logFile, 'a+', 0o600);
  if ((await output.stat()).size > LOG_LIMIT_BYTES) await output.truncate();
  const { size: logStart } = await output.stat();
  const state = { ended: false, cause: '' };
  try {
    // Detached: Ctrl-C in a terminal must not reach the server before the program has finished its work.
    const child = spawn(command, args, {
      ...user.switchTo,
      detached: true,
      env: serverEnvironment(),
      stdio: ['ignore', output.fd, output.fd],
    });
    child.once('exit', () => (state.ended = true));
    child.once('error', (error) => Object.assign(state, { ended: true, cause: error.message }));
    child.unref();

    const postmaster = await waitFor<Postmaster | 'ended'>(async () => {
      if (state.ended) return 'ended';
      const found = await readPostmaster(cluster.directory);
      return found?.pid === child.pid && found?.status === 'ready' ? found : undefined;
    }, START_TIMEOUT_MS);
    if (postmaster !== undefined && postmaster !== 'ended') {
      await own(cluster, postmaster.pid);
      return postmaster;
    }
    child.kill('SIGKILL');
    const written = (await readFile(cluster.logFile)).subarray(logStart).toString();
    const lines = written.trim().split('\n');
    return [...lines.slice(-20), state.cause].join('\n').trim();
  } finally {
    await output.close();
  }
}

/** Becomes the owner of a server whose owner is gone; false when the owner lives and isn't us. */
async function takeOver(cluster: Cluster, { pid }: Postmaster): Promise<boolean> {
  const owner = Number(await readFile(cluster.ownerFile, 'utf8').catch(() => '0'));
  // In a container a new process often has the number that its predecessor had.
  const isPredecessor = owner === process.pid && !ownServers.has(pid);
  if (owner > 0 && isAlive(owner) && !isPredecessor) return false;
  await own(cluster, pid);
  return true;
}

async function own(cluster: Cluster, pid: number): Promise<void> {
  ownServers.add(pid);
  await writeFile(cluster.ownerFile, String(process.pid));
}

function handle(cluster: Cluster, postmaster: Postmaster, isOurs: boolean): LocalPostgres {
  const { pid } = postmaster;
  const isGone = async (): Promise<boolean> => !(await isServing(pid, cluster.directory));
  return {
    url: urlOf(cluster, postmaster),
    pid,
    async stop() {
      if (!isOurs) return;
      // SIGTERM waits until all have disconnected, SIGINT disconnects them, SIGQUIT leaves the rest to recovery.
      for (const [signal, timeoutMs] of [
        ['SIGTERM', QUIET_STOP_MS],
        ['SIGINT', FAST_STOP_MS],
        ['SIGQUIT', FAST_STOP_MS],
      ] as const) {
        if (await isGone()) return;
        process.kill(pid, signal);
        if ((await waitFor(isGone, timeoutMs)) === true) return;
      }
      throw new Error(`The PostgreSQL server (process ${pid}) does not stop.`);
    },
  };
}

function urlOf(cluster: Cluster, { port }: Postmaster): string {
  return `postgres://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/postgres`;
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

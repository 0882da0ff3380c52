import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { Client } from 'pg';
import { freePort } from '../../../local/free-port.ts';
import { startLocalPostgres } from '../../../local/postgres.ts';
import { sandboxExtensions } from '../../../sandbox/sandbox.ts';
import { waitFor } from '../../../local/wait.ts';
import { controlContainer, dockerProblem } from './container.ts';
import { forcedSource, inTurn, notOurs, type TestServer } from './test-server.ts';

/**
 * Many test files connect at once, and nothing here has to survive a power cut. Hundreds of small databases come and go:
 * a connection touches less where there are fewer buffers, and autovacuum would start a process for each of them.
 */
const SETTINGS = {
  max_connections: '300',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  shared_buffers: '32MB',
  autovacuum_naptime: '10min',
};
const STOP_TIMEOUT_MS = 20_000;

/** The test run's Postgres: `DATABASE_URL`, else the one from npm; Docker's when `TEST_SERVICES` asks for it. */
export async function startPostgres(directory: string): Promise<TestServer> {
  const url = process.env['DATABASE_URL'];
  if (url === undefined || url === '' || forcedSource() !== undefined)
    return await startOwnPostgresIn(directory);
  const { hostname, port } = new URL(url);
  return {
    url,
    port: Number(port || 5432),
    description: `Postgres at ${hostname} (DATABASE_URL)`,
    stop: notOurs,
    kill: notOurs,
    start: notOurs,
    pause: notOurs,
    resume: notOurs,
    remove: async () => undefined,
  };
}

/** A Postgres that is ours alone, from the same places but never `DATABASE_URL`. */
export async function startOwnPostgresIn(directory: string): Promise<TestServer> {
  return forcedSource() === 'docker' ? await startInDocker() : await startFromNpm(directory);
}

async function startFromNpm(dataDir: string): Promise<TestServer> {
  let port = await freePort();
  const start = () =>
    startLocalPostgres({
      dataDir,
      settings: { ...SETTINGS, port: String(port) },
      extensions: sandboxExtensions,
    });
  let server = await start().catch(async (error: unknown) => {
    // Somebody may have taken the port in the meantime.
    if (!String(error).includes('Address already in use')) throw error;
    port = await freePort();
    return await start();
  });
  let isRunning = true;

  const stop = async (): Promise<void> => {
    if (!isRunning) return;
    isRunning = false;
    // At once, without waiting for clients to leave.
    signal(server.pid, 'SIGCONT');
    signal(server.pid, 'SIGINT');
    await server.stop();
  };
  return inTurn({
    url: server.url,
    port,
    description: `Postgres ${await versionOf(server.url)} (npm)`,
    stop,
    kill: async () => {
      if (!isRunning) return;
      isRunning = false;
      signal(server.pid, 'SIGKILL');
      const gone = await waitFor(() => !signal(server.pid, 0), STOP_TIMEOUT_MS);
      if (gone === undefined) throw new Error('Postgres survived SIGKILL.');
    },
    start: async () => {
      if (isRunning) return;
      server = await start();
      isRunning = true;
    },
    // Takes no new connections; the ones there have processes of their own and go on.
    pause: async () => {
      signal(server.pid, 'SIGSTOP');
    },
    resume: async () => {
      signal(server.pid, 'SIGCONT');
    },
    remove: stop,
  });
}

async function startInDocker(): Promise<TestServer> {
  const problem = await dockerProblem();
  if (problem !== undefined) throw new Error(`No Postgres for the integration tests: docker: ${problem}`);
  const image = process.env['TEST_POSTGRES_IMAGE'] ?? 'postgres:17';
  // A port of our choice stays the same when the container is started again.
  const port = await freePort();
  const container = await new PostgreSqlContainer(image)
    .withUsername('supabase_admin')
    .withDatabase('postgres')
    .withExposedPorts({ container: 5432, host: port })
    .withCommand([
      'postgres',
      ...Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ])
    .start();
  const url = container.getConnectionUri();
  const control = await controlContainer(
    container,
    async () =>
      await versionOf(url).then(
        () => true,
        () => false,
      ),
  );
  const description = `Postgres ${await versionOf(url)} in Docker (${image})`;
  return inTurn({ url, port, description, ...control });
}

/** Sends a signal; false when there is no such process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

async function versionOf(connectionString: string): Promise<string> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return rows[0]?.server_version.split(' ')[0] ?? '';
  } finally {
    await client.end();
  }
}

/** Everything that the demo runs, in one process. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { coreEnvironment, loadConfig, serverEnvironment, workerEnvironment } from '../src/config.ts';
import { startLocalPostgres } from '../local/postgres.ts';
import { createLogger } from '../src/log/logger.ts';
import { openQueues } from '../src/queue/queues.ts';
import { realisticTiming, sandboxExtensions, startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { secretValues } from '../src/log/secret-values.ts';
import { startServer } from '../src/server/start.ts';
import { startWorker } from '../src/worker/start.ts';
import { choosePort } from './choose-port.ts';
import { demoEnvironment } from './environment.ts';
import { faultOf, liftFaults, type FaultName } from './faults.ts';
import { recreateLedger } from './ledger-database.ts';
import { openLogFile } from './log-file.ts';
import { prepareSchema } from './schema-folder.ts';

export interface DemoStackOptions {
  readonly dataDir: string;
  readonly redisUrl: string | undefined;
  readonly failAt: FaultName | undefined;
  /** The user's own template schema. Undefined: the sample. */
  readonly schemaPath: string | undefined;
  readonly signal: AbortSignal;
  /** Told what is being started. */
  readonly onStage: (what: string) => void;
}

export interface DemoStack {
  readonly apiUrl: string;
  readonly adminKey: string;
  readonly signingSecret: string;
  readonly queue: 'PostgreSQL' | 'Redis';
  readonly logFile: string;
  readonly sandbox: Sandbox;
  /** Superuser URL of the embedded server. */
  readonly postgresUrl: string;
  readonly isSampleSchema: boolean;
  /** Takes the injected fault away, so that what is ordered next succeeds. */
  liftFault(): Promise<void>;
  stop(): Promise<void>;
}

/** The data is made anew at each start: nothing waits for the disk at every commit, and little history is kept. */
const postgresSettings = { synchronous_commit: 'off', min_wal_size: '32MB', max_wal_size: '64MB' };

const queuePrefix = 'client-provisioner-demo';

/** Starts all parts. When one does not start, those before it are stopped again. */
export async function startDemoStack(options: DemoStackOptions): Promise<DemoStack> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const stopPart of stops.splice(0).toReversed()) await stopPart();
  };
  try {
    return { ...(await startParts(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(options: DemoStackOptions, stops: (() => Promise<void>)[]) {
  const { dataDir, redisUrl, signal, onStage } = options;
  await mkdir(dataDir, { recursive: true });
  const begin = (what: string) => {
    signal.throwIfAborted();
    onStage(what);
  };

  const fault = options.failAt === undefined ? undefined : faultOf(options.failAt);
  // First: nothing is started for a template that is not there.
  const schema = await prepareSchema({
    dataDir,
    schemaPath: options.schemaPath,
    brokenSql: fault?.brokenSql,
  });

  begin('PostgreSQL');
  const postgres = await startLocalPostgres({
    dataDir,
    settings: postgresSettings,
    extensions: sandboxExtensions,
  });
  stops.push(() => postgres.stop());
  const ledger = await recreateLedger(postgres.url, { withQueue: redisUrl === undefined });
  stops.push(() => ledger.release());
  const logFile = path.join(dataDir, 'demo.log');
  const output = openLogFile(logFile);
  stops.push(() => output.close());

  begin('the provider sandbox');
  const sandbox = await startSandbox({
    postgresUrl: postgres.url,
    timing: realisticTiming,
    removesLeftovers: true,
    log: (message) => output.write(`${message}\n`),
  });
  stops.push(() => sandbox.stop());
  fault?.inject?.(sandbox.control);

  begin('API and worker');
  const environment = demoEnvironment({
    databaseUrl: ledger.url,
    redisUrl,
    port: await choosePort(3000),
    schemaPath: schema.path,
    receiverHost: new URL(sandbox.urls.control).host,
    providers: sandbox.environment,
  });
  const config = loadConfig(environment, [coreEnvironment, serverEnvironment, workerEnvironment]);
  const secrets = secretValues(environment);
  const log = createLogger({ level: config.LOG_LEVEL, secrets, destination: output });
  if (redisUrl !== undefined) await emptyQueues(redisUrl, ledger.url);
  const server = await startServer({ config, log, secrets, signal, queuePrefix });
  stops.push(() => server.stop());
  const worker = await startWorker({ config, environment, log, signal, queuePrefix });
  stops.push(() => worker.stop());

  return {
    apiUrl: server.url,
    adminKey: config.ADMIN_API_KEY,
    signingSecret: config.WEBHOOK_SIGNING_SECRET[0],
    queue: redisUrl === undefined ? ('PostgreSQL' as const) : ('Redis' as const),
    logFile,
    sandbox,
    postgresUrl: postgres.url,
    isSampleSchema: schema.isSample,
    async liftFault() {
      liftFaults(sandbox.control);
      await schema.fix();
    },
  };
}

/** The ledger is new, so whatever an earlier demo has left in Redis belongs to nobody. */
async function emptyQueues(redisUrl: string, databaseUrl: string): Promise<void> {
  const queues = await openQueues({ redisUrl, databaseUrl, prefix: queuePrefix, onError: () => {} });
  try {
    await Promise.all(queues.all.map((queue) => queue.obliterate({ force: true })));
  } finally {
    await queues.close();
  }
}

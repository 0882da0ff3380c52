/** The API process: it listens at once, and answers 503 for as long as the database is away. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { listenUrl, publicUrlOf, type ServerConfig } from '../config.ts';
import { ConfigurationError } from '../errors.ts';
import { grouped } from '../ledger/group-commit.ts';
import { openPool } from '../ledger/pool.ts';
import { requireSessions } from '../ledger/sessions.ts';
import { requireLedger } from '../ledger/migrate.ts';
import type { Logger } from '../log/logger.ts';
import { stopLimitMs, waitFor, type Running } from '../process.ts';
import { openQueues, type Queues } from '../queue/queues.ts';
import { createScrubber } from '../log/scrubber.ts';
import { steps } from '../steps/index.ts';
import type { Step } from '../steps/step.ts';
import { startTracing } from '../telemetry/tracing.ts';
import { createApp } from './app.ts';

export interface ServerOptions {
  readonly config: ServerConfig;
  readonly log: Logger;
  /** Those of the environment: the dashboard shows none of them. */
  readonly secrets?: readonly string[];
  /** Another than the product's own. */
  readonly scrubber?: typeof createScrubber;
  readonly signal: AbortSignal;
  readonly queuePrefix?: string;
  /** Others than the product's own. */
  readonly steps?: readonly Step[];
}

/** A database that is there has answered by then. */
const checkedWithinMs = 1000;

export interface RunningServer extends Running {
  /** Where it listens. */
  readonly url: string;
}

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, log, signal } = options;
  const onError = (error: Error) => log.warn({ err: error }, 'a connection failed');
  // Callers wait for the answer.
  const pool = openPool({
    url: config.DATABASE_URL,
    max: config.DATABASE_POOL_SIZE,
    statementMs: 8000,
    onError,
  });
  // A database that is away, or takes long, is waited for by each request.
  const checked = requireSessions(pool).catch((error: unknown) => {
    if (error instanceof ConfigurationError) throw error;
  });
  checked.catch(() => {});
  await Promise.race([checked, pause(checkedWithinMs, undefined, { ref: false })]);
  const tracing = await startTracing(config, log);
  const stopping = new AbortController();
  const background = new Set<Promise<void>>();
  let queues: Queues | undefined;
  let port = config.PORT;
  const app = createApp({
    config,
    pool,
    transitions: grouped(pool),
    log,
    scrub: (options.scrubber ?? createScrubber)(options.secrets ?? []),
    queues: () => queues,
    steps: options.steps ?? steps,
    inBackground(work) {
      background.add(work);
      void work.finally(() => background.delete(work));
    },
    stopping: stopping.signal,
    publicUrl: () => publicUrlOf({ ...config, PORT: port }),
  });

  const reachQueue = waitFor(
    async () => {
      // Where the queue lives in PostgreSQL, its tables come with the ledger's.
      if (config.REDIS_URL === undefined) await requireLedger(pool);
      queues = await openQueues({
        redisUrl: config.REDIS_URL,
        databaseUrl: config.DATABASE_URL,
        onError,
        telemetry: tracing?.queueTelemetry,
        ...(options.queuePrefix === undefined ? {} : { prefix: options.queuePrefix }),
      });
    },
    {
      signal: AbortSignal.any([signal, stopping.signal]),
      onWait: (error) => log.warn({ err: error }, 'waiting for the database and the queue'),
    },
  ).catch(() => {});

  const server = createServer(app);
  server.listen(config.PORT, config.HOST);
  await once(server, 'listening');
  const address = server.address();
  if (typeof address === 'object' && address !== null) port = address.port;
  const url = listenUrl(config.HOST, port);
  log.info({ url }, 'server listens');

  return {
    url,
    stopWithinMs: stopLimitMs(config.PROVIDER_TIMEOUT_MS),
    async stop() {
      stopping.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      await Promise.race([closed, once(AbortSignal.timeout(config.PROVIDER_TIMEOUT_MS), 'abort')]);
      server.closeAllConnections();
      await Promise.allSettled(background);
      await reachQueue;
      await queues?.close();
      await pool.end();
      await tracing?.stop();
      log.info('server stopped');
    },
  };
}

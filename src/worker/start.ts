/** The worker process: it waits for its database and its queue, then works until it is told to stop. */
import { publicUrlOf, type WorkerConfig } from '../config.ts';
import { grouped } from '../ledger/group-commit.ts';
import { isDatabaseAway, openPool } from '../ledger/pool.ts';
import { announcePresence } from '../ledger/presence.ts';
import { requireLedger } from '../ledger/migrate.ts';
import { requireSessions } from '../ledger/sessions.ts';
import type { Logger } from '../log/logger.ts';
import { createWorkerMetrics } from '../metrics/worker-metrics.ts';
import { stopLimitMs, waitFor, type Running } from '../process.ts';
import { queueNames } from '../queue/flows.ts';
import { jobLater, type QueueJob, type Work } from '../queue/jobs.ts';
import { openQueues } from '../queue/queues.ts';
import { stepConnections } from '../steps/connect.ts';
import { rollbackActions, steps as allSteps } from '../steps/index.ts';
import type { Step } from '../steps/step.ts';
import { callbackSender } from '../callbacks/send.ts';
import { startTracing } from '../telemetry/tracing.ts';
import { answerQuestion, questionsAtOnce } from './background/answer-question.ts';
import { deliverCallback } from './callbacks/deliver.ts';
import { keepHandedOn } from './claim/handed-on.ts';
import type { Engine } from './engine.ts';
import { finishFlow } from './jobs/finish-flow.ts';
import { startOrphanScanner } from './background/orphan-scan.ts';
import { callbackConcurrency, receiverSlots } from './callbacks/receiver-slots.ts';
import { startMetricsReporter } from './background/report-metrics.ts';
import { startQueueCleanUp } from './background/clean-up.ts';
import { startSweeper } from './background/sweep.ts';
import { workStep } from './jobs/work-step.ts';

export interface WorkerOptions {
  readonly config: WorkerConfig;
  /** The steps read their own variables from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly queuePrefix?: string;
  /** Others than the product's own. */
  readonly steps?: readonly Step[];
}

export async function startWorker(options: WorkerOptions): Promise<Running> {
  const { config, log, signal, steps = allSteps } = options;
  let isStopping = false;
  const cutOff = new AbortController();
  const onError = (error: Error) => log.warn({ err: error }, 'a connection failed');
  const pool = openPool({ url: config.DATABASE_URL, max: config.DATABASE_POOL_SIZE, onError });
  const tracing = await startTracing(config, log);
  const checkDatabase = async () => {
    await requireSessions(pool);
    await requireLedger(pool);
  };
  await waitFor(checkDatabase, {
    signal,
    onWait: (error) => log.warn({ err: error }, 'waiting for the database'),
  });
  const queues = await waitFor(
    () =>
      openQueues({
        redisUrl: config.REDIS_URL,
        databaseUrl: config.DATABASE_URL,
        onError,
        telemetry: tracing?.queueTelemetry,
        ...(options.queuePrefix === undefined ? {} : { prefix: options.queuePrefix }),
      }),
    { signal, onWait: (error) => log.warn({ err: error }, 'waiting for the queue') },
  );
  const presence = await waitFor(() => announcePresence({ databaseUrl: config.DATABASE_URL, onError }), {
    signal,
    onWait: (error) => log.warn({ err: error }, 'waiting for the database'),
  });
  const engine: Engine = {
    pool,
    transitions: grouped(pool),
    handedOn: keepHandedOn(presence),
    queues,
    log,
    metrics: createWorkerMetrics(),
    steps,
    rollbackActions: rollbackActions(steps),
    environment: options.environment,
    connect: stepConnections(options.environment),
    encryptionKeys: config.ENCRYPTION_KEYS,
    publicUrl: publicUrlOf(config),
    presence,
    patience: {
      maxAttempts: config.STEP_MAX_ATTEMPTS,
      retryBaseMs: config.RETRY_BASE_MS,
      pollBaseMs: config.POLL_BASE_MS,
      readyTimeoutMs: config.READY_TIMEOUT_MS,
    },
    leaseMs: config.LEASE_MS,
    timeoutMs: config.PROVIDER_TIMEOUT_MS,
    settleMs: config.SETTLE_MS,
    sweepIntervalMs: config.SWEEP_INTERVAL_MS,
    callbackRetryBaseMs: config.CALLBACK_RETRY_BASE_MS,
    retentionDays: config.RETENTION_DAYS,
    mayBegin: () => !isStopping,
    cutOff: cutOff.signal,
  };
  const send = callbackSender({
    signingSecrets: config.WEBHOOK_SIGNING_SECRET,
    allowedHosts: config.CALLBACK_ALLOWED_HOSTS,
  });

  const flow = guard(engine, (job) => (isStepJob(job) ? workStep(engine, job) : finishFlow(engine, job)));
  const delivery = { engine, send, slots: receiverSlots() };
  const callbacks = guard(engine, (job) => deliverCallback(delivery, job));
  const questions = guard(engine, (job) => answerQuestion(engine, job));
  const concurrency = config.WORKER_CONCURRENCY;
  const works = [
    [queueNames.run, concurrency, flow],
    [queueNames.undo, concurrency, flow],
    [queueNames.callbacks, callbackConcurrency(concurrency), callbacks],
    [queueNames.preflight, questionsAtOnce, questions],
  ] as const;
  for (const [name, atOnce, work] of works)
    await waitFor(() => queues.startWorker(name, atOnce, work), {
      signal,
      onWait: (error) => log.warn({ err: error }, 'waiting for the queue'),
    });
  const sweeper = startSweeper(engine);
  const queueCleanUp = startQueueCleanUp(engine);
  const orphanScanner = startOrphanScanner(engine);
  const reporter = startMetricsReporter(engine);
  log.info({ queue: queues.kind, concurrency, holder: presence.holder() }, 'worker started');

  return {
    stopWithinMs: stopLimitMs(config.PROVIDER_TIMEOUT_MS),
    async stop() {
      isStopping = true;
      const timer = setTimeout(() => cutOff.abort(), config.PROVIDER_TIMEOUT_MS);
      await sweeper.stop();
      await queueCleanUp.stop();
      await orphanScanner.stop();
      await queues.close(config.PROVIDER_TIMEOUT_MS + 1500);
      await reporter.stop();
      await presence.stop();
      await pool.end();
      await tracing?.stop();
      clearTimeout(timer);
      log.info('worker stopped');
    },
  };
}

function isStepJob(job: QueueJob): boolean {
  return typeof job.data === 'object' && job.data !== null && 'position' in job.data;
}

/**
 * Guards what work throws into the queue.
 *
 * A database that is away is waited out without using up the job's attempts. Any other error is logged here and leaves
 * only its kind in the queue, which stores and shows what it is given.
 */
function guard(engine: Engine, work: Work): Work {
  return async (job) => {
    try {
      return await work(job);
    } catch (error) {
      engine.log.error({ err: error, job: job.id }, 'a job was interrupted');
      if (isDatabaseAway(error)) return jobLater(1000 + Math.random() * 1000);
      // oxlint-disable-next-line preserve-caught-error -- a cause would be stored with the job
      throw new Error(`interrupted: ${error instanceof Error ? error.name : 'unknown'}`);
    }
  };
}

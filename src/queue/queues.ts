/**
 * The one place that decides where the queue lives: in Redis when `REDIS_URL` is set, else in PostgreSQL.
 *
 * Everything else is the same code for both.
 */
import { randomUUID } from 'node:crypto';
import {
  createPostgresBackend,
  assertSchemaCompatibility,
  createRedisBackend,
  runMigrations,
  withBackend,
  type ConnectionOptions,
  type FlowJob,
  type Processor,
  type Queue,
  type Telemetry,
  type Worker,
} from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { passCrashPoint } from '../crash-points.ts';
import { within } from './within.ts';
import { askWorker } from './ask-worker.ts';
import { openQueuePool } from './queue-pool.ts';
import { processorOf, type Work } from './jobs.ts';
import {
  buildFlow,
  keptJobs,
  producerTimeoutMs,
  queueNames,
  removalOf,
  type CallbackJobData,
  type FlowPlan,
  type KeptJobs,
  type PreflightJobData,
  type QueueKind,
} from './flows.ts';

export type QueueName = (typeof queueNames)[keyof typeof queueNames];

export interface QueueSettings {
  readonly redisUrl: string | undefined;
  readonly databaseUrl: string;
  /** Separates installations that share one Redis. */
  readonly prefix?: string;
  readonly onError: (error: Error) => void;
  /** Carries traces from whoever adds a job to whoever works on it. */
  readonly telemetry?: Telemetry | undefined;
}

export interface Queues {
  readonly kind: QueueKind;
  /** For the dashboard and for metrics: all but the questions, which are gone in seconds. */
  readonly all: readonly Queue[];
  /** Adds a flow. A time-out proves nothing: the ids are fixed per flow number, so a late one does no harm. */
  addFlow(plan: FlowPlan): Promise<void>;
  /** Has a callback sent now: adds its job, or hurries the one that waits. The job of a dead worker is replaced. */
  addCallback(callbackId: string, options?: { readonly isAbandoned: boolean }): Promise<void>;
  /** Asks a worker, and waits for what it says. Undefined: none has answered within that time. */
  askPreflight(question: PreflightJobData, timeoutMs: number): Promise<unknown>;
  /** Removes jobs that have ended long ago, or are too many, where the queue does not do so by itself. */
  removeOldJobs(kept?: KeptJobs): Promise<void>;
  /** The state of a job: `unknown` when there is none. */
  getJobState(queue: QueueName, jobId: string): Promise<string>;
  startWorker(queue: QueueName, concurrency: number, work: Work): Promise<void>;
  isReachable(timeoutMs: number): Promise<boolean>;
  /** Lets workers end their jobs for that long. */
  close(workersTimeoutMs?: number): Promise<void>;
}

const defaultPrefix = 'client-provisioner';

/**
 * How soon the work of a dead worker is taken up by the queue itself. A stalled job may be taken up many times: by
 * default BullMQ fails it for good at the second.
 */
const workerOptions = {
  lockDuration: 15_000,
  stalledInterval: 5000,
  maxStalledCount: 50,
  drainDelay: 5,
  runRetryDelay: 1000,
  // A worker remembers for good that it could not connect: it runs once it is ready, and is built again otherwise.
  autorun: false,
} as const;

/** Creates and upgrades the queue's own tables, where it lives in PostgreSQL. */
export async function migrateQueue(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await runMigrations(client);
  } finally {
    await client.end();
  }
}

/** Connects to the queue. On PostgreSQL, `migrateQueue` comes first, and the database must be there. */
export async function openQueues(settings: QueueSettings): Promise<Queues> {
  return settings.redisUrl === undefined
    ? openPostgresQueues(settings)
    : openRedisQueues(settings, settings.redisUrl);
}

async function openRedisQueues(settings: QueueSettings, url: string): Promise<Queues> {
  const open = () => {
    const redis = new Redis(url, {
      maxRetriesPerRequest: null,
      retryStrategy: (times) => Math.min(50 * times, 1000),
    });
    redis.on('error', settings.onError);
    return redis;
  };
  const producer = open();
  const consumer = open();
  const bull = redisBackend();
  const shared = sharedOptions(settings);
  return assemble(settings, 'redis', shared.prefix, {
    queue: (name) => new bull.Queue(name, { connection: producer, ...shared }),
    flow: () => new bull.FlowProducer({ connection: producer, ...shared }),
    worker: (name, processor, concurrency) =>
      new bull.Worker(name, processor, { connection: consumer, ...shared, concurrency, ...workerOptions }),
    ping: async () => {
      await producer.ping();
    },
    close: async () => {
      producer.disconnect();
      consumer.disconnect();
    },
  });
}

async function openPostgresQueues(settings: QueueSettings): Promise<Queues> {
  const pool = openQueuePool(settings.databaseUrl);
  pool.on('error', settings.onError);
  const bull = postgresBackend();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the PostgreSQL backend wants a pool
  const connection = pool as unknown as ConnectionOptions;
  const shared = sharedOptions(settings);
  // A queue built while the database is away, or not migrated yet, stays dead for good, so ask first.
  try {
    await assertSchemaCompatibility(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return assemble(settings, 'postgres', shared.prefix, {
    queue: (name) => new bull.Queue(name, { connection, ...shared }),
    flow: () => new bull.FlowProducer({ connection, ...shared }),
    worker: (name, processor, concurrency) =>
      new bull.Worker(name, processor, { connection, ...shared, concurrency, ...workerOptions }),
    ping: async () => {
      await pool.query('select 1');
    },
    close: async () => {
      await pool.end();
    },
  });
}

/** The parts that a queue is built with, on either backend. */
function sharedOptions({ prefix = defaultPrefix, telemetry }: QueueSettings) {
  return telemetry === undefined ? { prefix } : { prefix, telemetry };
}

const redisBackend = () => withBackend(createRedisBackend);

/** BullMQ's types make a queue on PostgreSQL another type than one on Redis, although they have the same methods. */
function postgresBackend(): ReturnType<typeof redisBackend> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the methods are the same, says BullMQ's manual
  return withBackend(createPostgresBackend) as unknown as ReturnType<typeof redisBackend>;
}

interface Parts {
  queue(name: QueueName): Queue;
  flow(): {
    add(flow: FlowJob): Promise<unknown>;
    close(): Promise<void>;
    waitUntilReady(): Promise<unknown>;
    on(event: 'error', l: (e: Error) => void): unknown;
  };
  worker(name: QueueName, processor: Processor, concurrency: number): Worker;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Jobs that one statement removes: few enough that nobody waits for it. */
const removedAtOnce = 500;
const removalTimeoutMs = 10_000;

/** Removes jobs that ended at least that long ago, oldest first, and at most so many. */
async function removeJobs(
  queue: Queue,
  state: 'completed' | 'failed',
  olderThanMs: number,
  atMost: number,
): Promise<void> {
  for (let left = atMost; left > 0; left -= removedAtOnce) {
    const limit = Math.min(left, removedAtOnce);
    const removed = await within(removalTimeoutMs, queue.clean(olderThanMs, limit, state));
    if (removed.length < limit) return;
  }
}

async function assemble(
  settings: QueueSettings,
  kind: QueueKind,
  prefix: string,
  parts: Parts,
): Promise<Queues> {
  const queues = new Map(Object.values(queueNames).map((name) => [name, parts.queue(name)]));
  const producer = parts.flow();
  const workers: Worker[] = [];
  for (const part of [...queues.values(), producer]) part.on('error', settings.onError);
  if (kind === 'postgres')
    try {
      await Promise.all([...queues.values(), producer].map((part) => part.waitUntilReady()));
    } catch (error) {
      await parts.close();
      throw error;
    }
  const queueOf = (name: QueueName): Queue => {
    const queue = queues.get(name);
    if (queue === undefined) throw new Error(`there is no queue ${name}`);
    return queue;
  };
  return {
    kind,
    all: [...queues.values()].filter(({ name }) => name !== queueNames.preflight),
    async addFlow(plan) {
      await within(producerTimeoutMs, producer.add(buildFlow(plan, { prefix, kind })));
    },
    async addCallback(callbackId, { isAbandoned } = { isAbandoned: false }) {
      const data: CallbackJobData = { callbackId };
      const queue = queueOf(queueNames.callbacks);
      const addJob = (jobId: string) =>
        within(
          producerTimeoutMs,
          queue.add('callback', data, {
            jobId,
            attempts: 50,
            backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
            ...removalOf(kind),
            // A job of this id that stays there as failed would swallow every later one.
            removeOnFail: true,
          }),
        );
      const another = () => `${callbackId}.${randomUUID()}`;
      const jobId = isAbandoned ? another() : callbackId;
      await addJob(jobId);
      const job = await within(producerTimeoutMs, queue.getJob(jobId));
      if (job === undefined) return;
      const state = await within(producerTimeoutMs, job.getState());
      // The callback may have become due meanwhile.
      if (state === 'delayed') await within(producerTimeoutMs, job.promote()).catch(() => {});
      // The job of an earlier delivery is kept for a while, and swallows a new one of its id.
      if (state === 'completed') await addJob(another());
    },
    askPreflight: (question, timeoutMs) => askWorker(queueOf(queueNames.preflight), question, timeoutMs),
    getJobState: (name, jobId) => within(producerTimeoutMs, queueOf(name).getJobState(jobId)),
    async startWorker(name, concurrency, work) {
      const worker = parts.worker(name, processorOf(work, settings.onError), concurrency);
      worker.on('error', settings.onError);
      worker.on('completed', () => passCrashPoint('queue-told'));
      try {
        if (kind === 'postgres') await worker.waitUntilReady();
      } catch (error) {
        await worker.close(true).catch(() => {});
        throw error;
      }
      workers.push(worker);
      worker.run().catch(settings.onError);
    },
    async removeOldJobs(kept = keptJobs) {
      if (kind === 'redis') return;
      for (const queue of queues.values())
        for (const state of ['completed', 'failed'] as const) {
          const { age, count } = kept[state];
          await removeJobs(queue, state, age * 1000, Infinity);
          await removeJobs(queue, state, 0, (await queue.getJobCountByTypes(state)) - count);
        }
    },
    isReachable: async (timeoutMs) => {
      try {
        await within(timeoutMs, parts.ping());
        return true;
      } catch {
        return false;
      }
    },
    async close(workersTimeoutMs = producerTimeoutMs) {
      // A worker waits for its jobs, and for ever for a queue that is away: what is left then is taken up elsewhere.
      await Promise.allSettled(workers.map((worker) => within(workersTimeoutMs, worker.close())));
      await Promise.allSettled([...queues.values(), producer].map((part) => within(1000, part.close())));
      await parts.close();
    },
  };
}

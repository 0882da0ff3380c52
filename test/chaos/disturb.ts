/** Does to queue, ledger, connections, clocks and processes what a schedule says. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UnrecoverableError, type Job } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Arena } from './arena.ts';
import type { Disturbance, DisturbanceName } from './faults.ts';
import type { Random } from './random.ts';

type Act = (arena: Arena, disturbance: Disturbance, random: Random) => Promise<boolean | void>;

/**
 * Returns whether it has happened: there may be nothing to do it to, and another disturbance may have taken away what
 * this one is to hit. What never happens is found by the counters.
 */
export async function disturb(arena: Arena, disturbance: Disturbance, random: Random): Promise<boolean> {
  try {
    return (await acts[disturbance.name](arena, disturbance, random)) !== false;
  } catch {
    return false;
  }
}

const hourMs = 3_600_000;

const acts: Readonly<Record<DisturbanceName, Act>> = {
  'queue-flushed': (arena) => emptyQueue(arena),

  async 'queue-restarted-empty'({ redis, redisDir }) {
    await redis?.kill();
    await rm(join(redisDir, 'appendonlydir'), { recursive: true, force: true });
    await redis?.start();
  },

  'queue-restored-old': (arena, { forMs }) =>
    withRedis(arena, async (redis) => {
      const kept = await readKeys(redis);
      await delay(forMs);
      await redis.flushall();
      for (const { key, value } of kept) await redis.restore(key, 0, value, 'REPLACE');
      return kept.length > 0;
    }),

  async 'queue-away'({ redis }, { forMs }) {
    await redis?.stop();
    await delay(forMs);
    await redis?.start();
  },

  async 'queue-frozen'({ redis }, { forMs }) {
    await redis?.pause();
    await delay(forMs);
    await redis?.resume();
  },

  async 'jobs-deleted'(arena, _, random) {
    const jobs = (await listJobs(arena)).filter(() => random.chance(0.6));
    const removals = await Promise.allSettled(jobs.map((job) => job.remove({ removeChildren: false })));
    return removals.some(({ status }) => status === 'fulfilled');
  },

  async 'jobs-doubled'(arena) {
    let doubled = 0;
    for (const queue of arena.queues.all)
      for (const job of await queue.getJobs()) {
        await queue.add(job.name, job.data, { jobId: `doubled.${job.id}`, attempts: 3 });
        doubled += 1;
      }
    return doubled > 0;
  },

  'job-stalled-out': (arena) =>
    withRedis(arena, async (redis) => {
      let failed = 0;
      for (const queue of arena.queues.all)
        for (const job of await queue.getJobs(['active'])) {
          const token = await redis.get(`${queue.toKey(job.id ?? '')}:lock`);
          if (token === null) continue;
          const error = new UnrecoverableError('job stalled more than allowable limit');
          if (
            await job.moveToFailed(error, token, false).then(
              () => true,
              () => false,
            )
          )
            failed += 1;
        }
      return failed > 0;
    }),

  async 'ledger-killed'({ postgres }, { forMs }) {
    await postgres.kill();
    await delay(forMs / 4);
    await postgres.start();
  },

  async 'ledger-restarted'({ postgres }, { forMs }) {
    await postgres.stop();
    await delay(forMs / 2);
    await postgres.start();
  },

  async 'ledger-slow'({ pool }, { forMs }) {
    const client = await pool.connect();
    try {
      await client.query('begin; lock table ledger.provisionings in exclusive mode');
      await delay(forMs / 2);
      await client.query('commit');
    } finally {
      client.release(true);
    }
  },

  async 'ledger-unreachable'({ slots }, { slot, forMs }) {
    slots[slot].database.hold();
    await delay(forMs + 1500);
    slots[slot].database.release();
  },

  async 'connections-cut'({ slots }, { slot }) {
    slots[slot].database.cut();
    slots[slot].redis?.cut();
  },

  'commit-answer-lost': ({ slots }, { slot }) =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), 3000);
      slots[slot].database.loseNextCommit(() => {
        clearTimeout(timer);
        resolve(true);
      });
    }),

  async 'clock-wrong'({ slots }, { slot, forMs }) {
    slots[slot].child.moveClock(forMs % 2 === 0 ? hourMs : -hourMs);
  },

  async 'all-workers-killed'({ slots }) {
    for (const { role, child } of slots) if (role === 'worker') child.kill('SIGKILL');
  },
};

/** As FLUSHALL does, on either backend. */
export async function emptyQueue(arena: Arena): Promise<void> {
  if (arena.redis !== undefined) await withRedis(arena, (redis) => redis.flushall());
  else for (const queue of arena.queues.all) await whileItDeadlocks(() => queue.obliterate({ force: true }));
}

/** An empty ledger. */
export async function emptyLedger({ pool }: Arena): Promise<void> {
  await whileItDeadlocks(() => pool.query('truncate ledger.provisionings cascade'));
}

/** Processes write meanwhile, and of two that wait for each other PostgreSQL ends one: then it is done again. */
async function whileItDeadlocks(work: () => Promise<unknown>): Promise<void> {
  for (;;)
    try {
      await work();
      return;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === '40P01')) throw error;
    }
}

async function listJobs(arena: Arena): Promise<Job[]> {
  const jobs = await Promise.all(arena.queues.all.map((queue) => queue.getJobs()));
  return jobs.flat();
}

async function readKeys(redis: Redis): Promise<{ key: string; value: Buffer }[]> {
  const kept: { key: string; value: Buffer }[] = [];
  for (const key of await redis.keys('*')) {
    const value = await redis.dumpBuffer(key);
    if (value !== null) kept.push({ key, value });
  }
  return kept;
}

async function withRedis<T>(arena: Arena, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(arena.redis?.url ?? '', { maxRetriesPerRequest: 3 });
  redis.on('error', () => {});
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

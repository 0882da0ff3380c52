/** Who may scrape, what one scrape of one server shows of all workers, and what is left while something is away. */
import { afterEach, describe, expect, test } from 'vitest';
import { migrateLedger } from '../../src/ledger/migrate.ts';
import { storeWorkerMetrics } from '../../src/ledger/worker-metrics.ts';
import { startOwnPostgres } from '../helpers/postgres.ts';
import { startOwnRedis } from '../helpers/redis.ts';
import { backends, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { problemOf, untilReady } from '../server/support.ts';
import type { Exposition } from './exposition.ts';
import { prefix, scrape, untilMetric } from './support.ts';

let stack: Stack | undefined;
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

async function workersIn(running: Stack): Promise<string[]> {
  const { samples } = await scrape(running);
  const named = samples.filter(({ name }) => name === `${prefix}process_start_time_seconds`);
  return named.flatMap(({ labels }) => labels['worker'] ?? []).toSorted();
}

const untilWorkers = (running: Stack, count: number) =>
  until(async () => {
    const workers = await workersIn(running);
    if (workers.length !== count) throw new Error(`there are ${workers.length}`);
    return workers;
  }, `${count} workers`);

describe('GET /metrics', () => {
  test('needs a key', async () => {
    stack = await startStack({ backend: 'redis', workers: 0 });
    const refused = [
      await stack.call('/metrics', { key: '' }),
      await stack.call('/metrics', { key: 'x'.repeat(40) }),
    ];

    for (const response of refused) {
      expect(response.status).toBe(401);
      expect(await problemOf(response)).toMatchObject({ code: 'unauthorized' });
    }
  });

  test('is the text that Prometheus reads, also while nothing has happened and nobody works', async () => {
    stack = await startStack({ backend: 'redis', workers: 0 });
    await untilReady(stack);
    const response = await stack.call('/metrics');
    const metrics = await scrape(stack);

    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(metrics.sum(`${prefix}workers`)).toBe(0);
    expect(metrics.sum(`${prefix}provisionings_needing_attention`)).toBe(0);
    expect(metrics.sum(`${prefix}oldest_unfinished_provisioning_age_seconds`)).toBe(0);
    expect(metrics.sum(`${prefix}oldest_pending_callback_age_seconds`)).toBe(0);
    expect(metrics.sum(`${prefix}process_resident_memory_bytes`)).toBeGreaterThan(10_000_000);
  });
});

describe.each(backends)('on %s', (backend) => {
  test('two workers are both seen, each with what it did, and their sum is what was done', async () => {
    const running = await startStack({ backend, workers: 2 });
    stack = running;
    const workers = await untilWorkers(stack, 2);
    const count = 6;
    const accepted = await Promise.all(Array.from({ length: count }, () => running.provision()));
    for (const { id } of accepted) await running.waitUntilDone(id);
    const succeeded = { step: 'n8n-webhooks', direction: 'run', outcome: 'succeeded' };
    const metrics = await untilMetric(
      stack,
      'step_duration_seconds_count',
      succeeded,
      (value) => value === count,
    );

    expect(metrics.sum(`${prefix}workers`)).toBe(2);
    expect(metrics.sum(`${prefix}up`, { dependency: 'database' })).toBe(1);
    expect(metrics.sum(`${prefix}up`, { dependency: 'queue' })).toBe(1);
    for (const worker of workers)
      expect(metrics.sum(`${prefix}claims_total`, { worker, result: 'claimed' }), worker).toBeGreaterThan(0);
  });
});

test('a worker that has stopped is not seen any more soon after, and its report is deleted', async () => {
  stack = await startStack({ backend: 'redis', workers: 1 });
  const [first] = await untilWorkers(stack, 1);
  const second = await stack.startWorker();
  await untilWorkers(stack, 2);
  await second.stop();
  await untilWorkers(stack, 1);
  const running = stack;
  await until(async () => {
    const { rows } = await running.pool.query<{ holder: string }>('select holder from ledger.worker_metrics');
    return rows.length === 1 || undefined;
  }, 'its row to go');

  expect(await workersIn(stack)).toEqual([first]);
});

test('a report that this version cannot read is left out, and spoils nothing', async () => {
  stack = await startStack({ backend: 'redis', workers: 1 });
  await untilWorkers(stack, 1);
  const validMs = 60_000;
  await storeWorkerMetrics(stack.pool, {
    holder: 'newer',
    version: '9.0.0',
    metrics: [{ of: 'another kind' }],
    validMs,
  });

  expect(await workersIn(stack)).toHaveLength(1);
  expect((await scrape(stack)).sum(`${prefix}workers`)).toBe(1);
});

/** Scrapes in a moment that it makes, and says how long that took. */
async function scrapeWithin(running: Stack, begin: () => Promise<unknown>, end: () => Promise<unknown>) {
  await begin();
  try {
    const before = performance.now();
    const metrics = await scrape(running);
    return { metrics, tookMs: performance.now() - before };
  } finally {
    await end();
  }
}

test.each([
  ['is stopped', 'stop', 'start'],
  ['does not answer', 'pause', 'resume'],
] as const)(
  'a queue that %s is 0, and everything else is told within two seconds',
  async (_how, hit, fix) => {
    const redis = await startOwnRedis();
    stack = await startStack({ backend: 'redis', redisUrl: redis.url, workers: 0 });
    await untilReady(stack);
    await stack.provision();
    const scraped = await scrapeWithin(
      stack,
      () => redis[hit](),
      () => redis[fix](),
    );

    expect(knownOf(scraped)).toEqual({
      database: 1,
      queue: 0,
      provisionings: 1,
      jobs: undefined,
      isInTime: true,
    });
    await stack.stop();
    stack = undefined;
    await redis.remove();
  },
);

/** What a scrape knows, in the terms of what may be away. */
function knownOf({ metrics, tookMs }: { metrics: Exposition; tookMs: number }) {
  return {
    database: metrics.sum(`${prefix}up`, { dependency: 'database' }),
    queue: metrics.sum(`${prefix}up`, { dependency: 'queue' }),
    provisionings: metrics.sum(`${prefix}provisionings`),
    jobs: metrics.sum(`${prefix}queue_jobs`),
    isInTime: tookMs < 2500,
  };
}
const withoutDatabase = { database: 0, queue: 1, provisionings: undefined, jobs: 0, isInTime: true };

test('a database that is stopped is 0, and what the queue knows is told within two seconds', async () => {
  const postgres = await startOwnPostgres();
  await migrateLedger(postgres.url);
  stack = await startStack({
    backend: 'redis',
    workers: 0,
    environment: { DATABASE_URL: postgres.url },
  });
  await untilReady(stack);

  const scraped = await scrapeWithin(
    stack,
    () => postgres.stop(),
    () => postgres.start(),
  );

  expect(knownOf(scraped)).toEqual(withoutDatabase);
  await stack.stop();
  stack = undefined;
  await postgres.remove();
});

test('a database that does not answer is 0, and what the queue knows is told within two seconds', async () => {
  stack = await startStack({ backend: 'redis', workers: 0 });
  await untilReady(stack);
  const client = await stack.pool.connect();
  const lock = () => client.query('begin; lock table ledger.provisionings in access exclusive mode');

  const scraped = await scrapeWithin(stack, lock, () => client.query('rollback'));

  expect(knownOf(scraped)).toEqual(withoutDatabase);
  client.release();
});

/** A question through the queue: one worker answers it, or nobody does in time, and nothing of it stays. */
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { jobDone, type Work } from '../../src/queue/jobs.ts';
import { openQueues, type Queues } from '../../src/queue/queues.ts';
import { createDatabase, type TestDatabase } from '../helpers/database.ts';
import { redisUrlForFile } from '../helpers/redis.ts';
import { backends } from '../helpers/stack.ts';

describe.each(backends)('on %s', (backend) => {
  let database: TestDatabase;
  const redis = redisUrlForFile();
  let opened: Queues[] = [];
  beforeAll(async () => {
    database = await createDatabase({ template: inject('templates').ledgerWithQueue });
  });
  afterEach(async () => {
    await Promise.all(opened.map((queues) => queues.close()));
    opened = [];
  });
  afterAll(() => database.drop());

  /** A queue of the test's own, with a worker where there is something to say. */
  async function open(work?: Work): Promise<Queues> {
    const queues = await openQueues({
      redisUrl: backend === 'redis' ? inject('redisUrl') : undefined,
      databaseUrl: database.url,
      prefix: redis.prefix,
      onError: () => {},
    });
    opened.push(queues);
    if (work !== undefined) await queues.startWorker('preflight', 2, work);
    return queues;
  }
  test('the worker is given the question, what it returns is the answer, and nothing of either stays', async () => {
    let jobId = '';
    await open(async (job) => {
      jobId = job.id ?? '';
      return jobDone({ asked: job.data });
    });
    const queues = await open();

    expect(await queues.askPreflight({ clientId: 'acme' }, 20_000)).toEqual({ asked: { clientId: 'acme' } });

    expect(jobId).not.toBe('');
    expect(await queues.getJobState('preflight', jobId)).toBe('unknown');
  });

  test('a worker that fails has not answered, and is not asked again', async () => {
    let times = 0;
    await open(async () => {
      times += 1;
      throw new Error('broken');
    });
    const queues = await open();
    expect(await queues.askPreflight({}, 20_000)).toBeUndefined();
    expect(times).toBe(1);
  });

  test('where there is no worker that is told soon, and none that comes later is asked', async () => {
    const queues = await open();
    const before = performance.now();
    expect(await queues.askPreflight({ clientId: 'old' }, 30_000)).toBeUndefined();
    expect(performance.now() - before).toBeLessThan(15_000);

    const asked: unknown[] = [];
    await open(async (job) => {
      asked.push(job.data);
      return jobDone({});
    });
    await queues.askPreflight({ clientId: 'new' }, 20_000);
    expect(asked).toEqual([{ clientId: 'new' }]);
  });

  test('a worker that takes too long is not waited for', async () => {
    const release = Promise.withResolvers<void>();
    await open(() => release.promise.then(() => jobDone({})));
    const queues = await open();
    try {
      expect(await queues.askPreflight({}, 300)).toBeUndefined();
    } finally {
      release.resolve();
    }
  });

  test('the dashboard is not shown the questions', async () => {
    expect((await open()).all.map(({ name }) => name)).toEqual(['provisioning', 'rollback', 'callbacks']);
  });
});

import { expect, test } from 'vitest';
import { createDatabase } from '../helpers/database.ts';
import { keptJobs, queueNames } from '../../src/queue/flows.ts';
import { jobDone } from '../../src/queue/jobs.ts';
import { migrateQueue, openQueues } from '../../src/queue/queues.ts';
import { until } from '../helpers/until.ts';

test('of the jobs that have ended in a queue in PostgreSQL, the oldest go when they are too many', async () => {
  const database = await createDatabase();
  await migrateQueue(database.url);
  const queues = await openQueues({ redisUrl: undefined, databaseUrl: database.url, onError: () => {} });
  await queues.startWorker(queueNames.callbacks, 5, async () => jobDone({}));
  const queue = queues.all.find(({ name }) => name === queueNames.callbacks);
  for (let number = 0; number < 12; number += 1)
    await queue?.add('callback', {}, { jobId: `callback-${number}` });
  const countCompleted = async () => (await queue?.getJobCountByTypes('completed')) ?? 0;
  await until(async () => (await countCompleted()) === 12 || undefined, 'all jobs to end');

  await queues.removeOldJobs();
  expect(await countCompleted()).toBe(12);
  await queues.removeOldJobs({ ...keptJobs, completed: { age: 3600, count: 5 } });

  const left = await queue?.getJobs(['completed']);
  expect(left?.map(({ id }) => id).toSorted()).toEqual([
    'callback-10',
    'callback-11',
    'callback-7',
    'callback-8',
    'callback-9',
  ]);
  await queues.close();
  await database.drop();
});

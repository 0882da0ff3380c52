/** The answers of a worker, in the words of BullMQ. The job is BullMQ's: here one of the test's own. */
import { DelayedError, UnrecoverableError, type Job } from 'bullmq';
import { expect, test } from 'vitest';
import { jobDone, jobFailed, jobLater, processorOf, type JobEnd } from '../../src/queue/jobs.ts';

/** Ends one attempt at a job whose queue takes it back at the given try. */
async function endWith(end: JobEnd, takenBackAtTry = 1) {
  const moves: number[] = [];
  const errors: Error[] = [];
  const job = {
    id: 'job-1',
    data: {},
    async moveToDelayed(at: number) {
      moves.push(at);
      if (moves.length < takenBackAtTry) throw new Error('postgres://user:secret@host is away');
    },
  };
  const process = processorOf(
    async () => end,
    (error) => errors.push(error),
  );
  const startedAt = Date.now();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no more of a job is looked at
  const ended = await Promise.allSettled([process(job as unknown as Job, 'token')]);
  return { ended: ended[0], delays: moves.map((at) => at - startedAt), errors };
}

test('a job that is done keeps its result', async () => {
  const { ended } = await endWith(jobDone({ attempts: 2 }));
  expect(ended).toEqual({ status: 'fulfilled', value: { attempts: 2 } });
});

test('a job that has failed never comes again', async () => {
  const { ended } = await endWith(jobFailed('github-repo: name-taken'));
  expect(ended).toEqual({ status: 'rejected', reason: new UnrecoverableError('github-repo: name-taken') });
});

test('a job that comes later is moved to that time, in whole milliseconds', async () => {
  const { ended, delays, errors } = await endWith(jobLater(1234.5));
  expect(ended).toMatchObject({ status: 'rejected', reason: expect.any(DelayedError) as unknown });
  expect(delays).toHaveLength(1);
  expect(delays[0]).toBeGreaterThanOrEqual(1235);
  expect(Number.isInteger(delays[0])).toBe(true);
  expect(errors).toEqual([]);
});

test('a queue that fails once is asked again', async () => {
  const { ended, delays, errors } = await endWith(jobLater(50), 2);
  expect(ended).toMatchObject({ status: 'rejected', reason: expect.any(DelayedError) as unknown });
  expect(delays).toHaveLength(2);
  expect(errors).toEqual([]);
});

test('a job that the queue does not take back is told of by its id, and nothing of the error is stored', async () => {
  const { ended, errors } = await endWith(jobLater(50), 9);
  expect(ended).toEqual({
    status: 'rejected',
    reason: new Error('interrupted: the queue did not take the job back'),
  });
  expect(errors.map(({ message }) => message)).toEqual(['the queue did not take back job job-1']);
});

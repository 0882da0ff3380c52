/**
 * A question to whichever worker is free, and its answer: the value that the job returns.
 *
 * Polled, not listened for: an event stream would be one more connection per process, for what is asked a few times a
 * day.
 */
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import { within } from './within.ts';
import { producerTimeoutMs } from './flows.ts';

const pollMs = 100;
/** By then a worker has taken the question, unless there is none, or all are busy. */
const takenWithinMs = 500;
/** How long an answer is kept that nobody fetches, since the process that asked has stopped. */
const leftovers = { age: 60, count: 100 } as const;

/** Undefined: no worker is there, or none has answered in time. Throws when the queue cannot be reached. */
export async function askWorker(queue: Queue, question: object, timeoutMs: number): Promise<unknown> {
  const askedAt = performance.now();
  const isWorkerThere = async () => (await within(producerTimeoutMs, queue.getWorkersCount())) > 0;
  const jobId = randomUUID();
  const options = { jobId, attempts: 1, removeOnComplete: leftovers, removeOnFail: leftovers };
  await within(producerTimeoutMs, queue.add('preflight', question, options));
  try {
    for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs = performance.now() - askedAt) {
      const state = await within(producerTimeoutMs, queue.getJobState(jobId));
      if (state === 'completed') return (await within(producerTimeoutMs, queue.getJob(jobId)))?.returnvalue;
      if (state === 'failed' || state === 'unknown') return undefined;
      if (state === 'waiting' && waitedMs > takenWithinMs && !(await isWorkerThere())) return undefined;
      await pause(pollMs);
    }
    return undefined;
  } finally {
    // Nobody waits for it any more. One that a worker holds cannot be removed, and goes with the next that ends.
    await within(producerTimeoutMs, queue.remove(jobId)).catch(() => {});
  }
}

/** Gives a job back to the queue until later, and the worker's slot with it. */
import { DelayedError, type Job } from 'bullmq';

/** The PostgreSQL backend takes whole milliseconds only. */
export async function postpone(job: Job, token: string | undefined, delayMs: number): Promise<never> {
  await job.moveToDelayed(Date.now() + Math.ceil(delayMs), token);
  throw new DelayedError();
}

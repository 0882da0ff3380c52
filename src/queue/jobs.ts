/** A job of the queue, and what its worker answers. Nothing outside of `queue/` knows how BullMQ is told. */
import { setTimeout as pause } from 'node:timers/promises';
import { DelayedError, UnrecoverableError, type Job, type Processor } from 'bullmq';

const retryMs = 200;

/** A job, as whoever works on it sees it. */
export interface QueueJob {
  readonly id: string | undefined;
  readonly data: unknown;
  /** Shows people something on the dashboard, and waits for nothing. A queue that does not take it does not matter. */
  show(shown: { readonly progress?: object; readonly line?: string }): void;
}

/** The end of an attempt at a job. */
export type JobEnd =
  /** It has nothing left to do. `result` is kept with it, and shown on the dashboard. */
  | { readonly is: 'done'; readonly result: object }
  /** It comes again after that time, and uses up none of its attempts unless the queue does not take it back. */
  | { readonly is: 'later'; readonly inMs: number }
  /** It never comes again. `text` is stored in the queue, and shown on the dashboard. */
  | { readonly is: 'failed'; readonly text: string };

export const jobDone = (result: object): JobEnd => ({ is: 'done', result });
export const jobLater = (inMs: number): JobEnd => ({ is: 'later', inMs });
export const jobFailed = (text: string): JobEnd => ({ is: 'failed', text });

/** Works on a job. What it throws uses up one of the job's attempts, and is stored in the queue. */
export type Work = (job: QueueJob) => Promise<JobEnd>;

/** Tells BullMQ how an attempt has ended. `onError` is told where it does not take a job back. */
export function processorOf(work: Work, onError: (error: Error) => void): Processor {
  return async (job, token) => {
    const end = await work(queueJob(job));
    if (end.is === 'done') return end.result;
    if (end.is === 'failed') throw new UnrecoverableError(end.text);
    const giveBack = () => moveToDelayed(job, token, end.inMs);
    try {
      // A connection that has broken meanwhile is replaced by then.
      await giveBack().catch(() => pause(retryMs).then(giveBack));
    } catch (cause) {
      onError(new Error(`the queue did not take back job ${job.id}`, { cause }));
      // oxlint-disable-next-line preserve-caught-error -- a cause would be stored with the job
      throw new Error('interrupted: the queue did not take the job back');
    }
    throw new DelayedError();
  };
}

/** The PostgreSQL backend takes whole milliseconds only. */
async function moveToDelayed(job: Job, token: string | undefined, inMs: number): Promise<void> {
  await job.moveToDelayed(Date.now() + Math.ceil(inMs), token);
}

function queueJob(job: Job): QueueJob {
  return {
    id: job.id,
    data: job.data,
    show({ progress, line }) {
      if (progress !== undefined) job.updateProgress({ ...progress }).catch(() => {});
      if (line !== undefined) job.log(line).catch(() => {});
    },
  };
}

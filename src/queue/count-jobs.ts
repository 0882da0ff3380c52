/** How many jobs each queue has. */
import type { Queues } from './queues.ts';

export interface JobCounts {
  readonly queue: string;
  readonly states: Readonly<Record<string, number>>;
}

const states = ['waiting', 'prioritized', 'active', 'delayed', 'waiting-children', 'failed'] as const;

/** Waits for as long as the queue is away. */
export async function countJobs(queues: Pick<Queues, 'all'>): Promise<JobCounts[]> {
  return Promise.all(
    queues.all.map(async (queue) => ({ queue: queue.name, states: await queue.getJobCounts(...states) })),
  );
}

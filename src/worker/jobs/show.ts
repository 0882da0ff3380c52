/** Progress and log lines on the dashboard, for people. A queue that does not take them, or hangs, does not matter. */
import type { Job } from 'bullmq';
import { producerTimeoutMs } from '../../queue/flows.ts';
import { within } from '../../queue/within.ts';

export interface Progress {
  readonly step: string;
  readonly status: 'running' | 'waiting' | 'succeeded' | 'failed';
  readonly attempt: number;
  readonly waitingFor?: string;
  readonly code?: string;
}

export async function showProgress(job: Job, progress: Progress): Promise<void> {
  await within(producerTimeoutMs, job.updateProgress({ ...progress })).catch(() => {});
}

export async function showLine(job: Job, line: string): Promise<void> {
  await within(producerTimeoutMs, job.log(line)).catch(() => {});
}

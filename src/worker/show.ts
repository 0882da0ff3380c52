/** Progress and log lines on the dashboard, for people. A queue that does not take them does not matter. */
import type { Job } from 'bullmq';

export interface Progress {
  readonly step: string;
  readonly status: 'running' | 'waiting' | 'succeeded' | 'failed';
  readonly attempt: number;
  readonly waitingFor?: string;
  readonly code?: string;
}

export async function showProgress(job: Job, progress: Progress): Promise<void> {
  await job.updateProgress({ ...progress }).catch(() => {});
}

export async function showLine(job: Job, line: string): Promise<void> {
  await job.log(line).catch(() => {});
}

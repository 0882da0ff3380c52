/** Counts what came of each attempt at a step, and how long a step took that has ended. */
import { performance } from 'node:perf_hooks';
import type { BegunStep } from '../../ledger/claims.ts';
import type { StepKey } from '../../ledger/steps.ts';
import type { WorkerMetrics } from '../../metrics/worker-metrics.ts';

/** `waiting`: for something at the provider. `retried`: another attempt follows. `interrupted`: nothing was decided. */
export type AttemptResult = 'succeeded' | 'failed' | 'waiting' | 'retried' | 'interrupted';

export function measureStep(
  metrics: Pick<WorkerMetrics, 'stepAttempts' | 'stepDuration'>,
  { name, direction }: StepKey,
  { begunMsAgo }: BegunStep,
): (result: AttemptResult) => void {
  const startedAt = performance.now();
  return (outcome) => {
    const labels = { step: name, direction, outcome };
    metrics.stepAttempts.inc(labels);
    if (outcome !== 'succeeded' && outcome !== 'failed') return;
    metrics.stepDuration.observe(labels, (begunMsAgo + performance.now() - startedAt) / 1000);
  };
}

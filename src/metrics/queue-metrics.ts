/** Metrics of the queue: how many jobs it has, and in which state. */
import { Gauge, type Registry } from 'prom-client';
import type { JobCounts } from '../queue/count-jobs.ts';
import { prefix } from './process-metrics.ts';

export function addQueueMetrics(registry: Registry, counts: readonly JobCounts[]): void {
  const jobs = new Gauge({
    name: `${prefix}queue_jobs`,
    help: 'Jobs in the queue, by state.',
    labelNames: ['queue', 'state'],
    registers: [registry],
  });
  for (const { queue, states } of counts)
    for (const [state, count] of Object.entries(states)) jobs.set({ queue, state }, count);
}

/** Counts and times each request to a provider. */
import { performance } from 'node:perf_hooks';
import type { ProviderCallWatch } from '../http/watch.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

export function measureProviderCalls(
  metrics: Pick<WorkerMetrics, 'providerRequestDuration' | 'providerRequestErrors'>,
): ProviderCallWatch {
  return (call) => {
    const startedAt = performance.now();
    return (end) => {
      const status = 'status' in end ? `${Math.floor(end.status / 100)}xx` : 'none';
      const seconds = (performance.now() - startedAt) / 1000;
      metrics.providerRequestDuration.observe({ ...call, status }, seconds);
      if ('failure' in end) metrics.providerRequestErrors.inc({ ...call, code: end.failure });
      else if (end.status >= 400) metrics.providerRequestErrors.inc({ ...call, code: end.status });
    };
  };
}

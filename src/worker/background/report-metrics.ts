/** Writes down every few seconds what this worker has counted, so that any server can show it. Best effort. */
import { setTimeout as pause } from 'node:timers/promises';
import { storeWorkerMetrics } from '../../ledger/worker-metrics.ts';
import { versionText } from '../../version.ts';
import type { Engine } from '../engine.ts';
import { repeat } from './repeat.ts';

const longestIntervalMs = 5000;
/** How long a report counts. Longer than the time between two, since one may get lost. */
const validIntervals = 6;
/** How long the last report may hold up a stop. */
const lastReportMs = 500;

export interface MetricsReporter {
  /** Ends with a last report. */
  stop(): Promise<void>;
}

export function startMetricsReporter(
  engine: Pick<Engine, 'pool' | 'log' | 'metrics' | 'presence' | 'sweepIntervalMs'>,
): MetricsReporter {
  const intervalMs = Math.min(engine.sweepIntervalMs, longestIntervalMs);
  const report = async () => {
    try {
      await storeWorkerMetrics(engine.pool, {
        holder: engine.presence.holder(),
        version: versionText,
        metrics: await engine.metrics.registry.getMetricsAsJSON(),
        validMs: intervalMs * validIntervals,
      });
    } catch (error) {
      engine.log.debug({ err: error }, 'the metrics of this worker could not be reported');
    }
  };
  const repetition = repeat(report, { intervalMs });
  return {
    async stop() {
      await Promise.race([repetition.stop().then(report), pause(lastReportMs, undefined, { ref: false })]);
    },
  };
}

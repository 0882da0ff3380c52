/** The reports of the workers, with the worker in each series' labels. */
import { z } from 'zod';
import type { WorkerReport } from '../ledger/worker-metrics.ts';

/** As prom-client writes a registry down. */
const reportedMetrics = z.array(
  z.looseObject({
    name: z.string(),
    help: z.string(),
    type: z.enum(['counter', 'gauge', 'histogram', 'summary']),
    aggregator: z.literal('sum'),
    values: z.array(
      z.looseObject({
        value: z.number(),
        labels: z.record(z.string(), z.union([z.string(), z.number()])),
      }),
    ),
  }),
);
export type ReportedMetrics = z.infer<typeof reportedMetrics>;

/** A report that cannot be read is left out: another version of the program may have written it. */
export function labelReports(reports: readonly WorkerReport[]): ReportedMetrics[] {
  return reports.flatMap(({ holder, metrics }) => {
    const parsed = reportedMetrics.safeParse(metrics);
    if (!parsed.success) return [];
    return [
      parsed.data.map((metric) => ({
        ...metric,
        values: metric.values.map((value) => ({ ...value, labels: { ...value.labels, worker: holder } })),
      })),
    ];
  });
}

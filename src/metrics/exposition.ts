/** The text of `/metrics`: the ledger, the queue, the workers' reports and this process. */
import { AggregatorRegistry, Gauge, Registry } from 'prom-client';
import type { Pool } from '../ledger/pool.ts';
import { readTotals } from '../ledger/totals.ts';
import { listWorkerMetrics } from '../ledger/worker-metrics.ts';
import { countJobs } from '../queue/count-jobs.ts';
import type { Queues } from '../queue/queues.ts';
import { addLedgerMetrics } from './ledger-metrics.ts';
import { addProcessMetrics, prefix } from './process-metrics.ts';
import { addQueueMetrics } from './queue-metrics.ts';
import { labelReports } from './reported-metrics.ts';

/** A scrape must end before the scraper gives up on it; what is not known by then is left out. */
const patienceMs = 1500;

export const contentType = Registry.PROMETHEUS_CONTENT_TYPE;

export async function exposeMetrics(sources: {
  readonly pool: Pool;
  readonly queues: Queues | undefined;
}): Promise<string> {
  const { pool, queues } = sources;
  const [ledger, jobs] = await Promise.all([
    unlessAway(async () => ({ totals: await readTotals(pool), reports: await listWorkerMetrics(pool) })),
    unlessAway(async () => queues && countJobs(queues)),
  ]);
  const registry = new Registry();
  addProcessMetrics(registry);
  addDependencies(registry, { database: ledger !== undefined, queue: jobs !== undefined });
  if (jobs !== undefined) addQueueMetrics(registry, jobs);
  if (ledger !== undefined) addLedgerMetrics(registry, ledger.totals);
  const reports = labelReports(ledger?.reports ?? []);
  if (ledger !== undefined) addWorkers(registry, reports.length);
  return AggregatorRegistry.aggregate([await registry.getMetricsAsJSON(), ...reports]).metrics();
}

function addDependencies(registry: Registry, dependencies: Readonly<Record<string, boolean>>): void {
  const up = new Gauge({
    name: `${prefix}up`,
    help: 'Whether this server reaches what it depends on: 1 or 0.',
    labelNames: ['dependency'],
    registers: [registry],
  });
  for (const [dependency, isThere] of Object.entries(dependencies)) up.set({ dependency }, isThere ? 1 : 0);
}

function addWorkers(registry: Registry, count: number): void {
  new Gauge({
    name: `${prefix}workers`,
    help: 'Workers that have reported within the last seconds.',
    registers: [registry],
  }).set(count);
}

/** Undefined: not known in time. */
async function unlessAway<T>(ask: () => Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, patienceMs, undefined);
  });
  try {
    return await Promise.race([ask(), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

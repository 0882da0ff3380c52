/** Asks the ledger and the queue how everything is. */
import { attentionOf, countsOf, providerHealthOf, type Summary } from '../api/summary.ts';
import { readOrphanReport } from '../ledger/orphans.ts';
import { countClients, listCallbacksGivenUp } from '../ledger/overview.ts';
import { listProvisionings, readFullSnapshots } from '../ledger/provisionings.ts';
import { listWorkerMetrics } from '../ledger/worker-metrics.ts';
import { countJobs, type JobCounts } from '../queue/count-jobs.ts';
import type { Queues } from '../queue/queues.ts';
import { within } from '../queue/within.ts';
import { version } from '../version.ts';
import type { Deps } from './deps.ts';
import { lastPreflight } from './last-preflight.ts';

/** More are not shown at once. Their number is among the counts. */
const mostShown = 100;
const queueTimeoutMs = 1000;

export async function summarize(deps: Deps): Promise<Summary> {
  const { pool } = deps;
  const askedAt = performance.now();
  const counted = await countClients(pool);
  const ms = Math.round(performance.now() - askedAt);
  const [needing, callbacks, preflight, orphans, workers, queue] = await Promise.all([
    listProvisionings(pool, { needsAttention: true, limit: mostShown }),
    listCallbacksGivenUp(pool, mostShown),
    lastPreflight(pool),
    readOrphanReport(pool),
    listWorkerMetrics(pool),
    queueHealth(deps),
  ]);
  const snapshots = await readFullSnapshots(
    pool,
    needing.map(({ id }) => id),
  );
  return {
    version,
    counts: countsOf(counted),
    attention: attentionOf(snapshots, callbacks),
    health: {
      ledger: { ok: true, ms },
      queue,
      workers: workers.map(({ holder: id, version: its }) => ({ id, version: its })),
      providers:
        preflight?.findings === undefined ? [] : providerHealthOf(preflight.findings.checks, preflight.at),
      orphans: {
        checkedAt: orphans.checkedAt?.toISOString() ?? null,
        count: orphans.items.length,
        errors: orphans.errors.length,
      },
    },
  };
}

/** One question at a time, and none for a while after an answer: a queue that is away keeps its questions. */
const asked = new WeakMap<
  Queues,
  { readonly until: number; readonly counts: Promise<JobCounts[] | undefined> }
>();
const rememberedMs = 2000;

async function queueHealth(deps: Deps): Promise<Summary['health']['queue']> {
  const queues = deps.queues();
  const counts = queues && (await countsOfJobs(queues));
  if (queues === undefined || counts === undefined) return { ok: false };
  const sum = (...states: readonly string[]) =>
    counts.reduce((total, { states: of }) => total + states.reduce((n, state) => n + (of[state] ?? 0), 0), 0);
  return {
    ok: true,
    kind: queues.kind,
    waiting: sum('waiting', 'prioritized'),
    active: sum('active'),
    delayed: sum('delayed'),
  };
}

function countsOfJobs(queues: Queues): Promise<JobCounts[] | undefined> {
  const before = asked.get(queues);
  if (before !== undefined && performance.now() < before.until) return before.counts;
  const counts = within(queueTimeoutMs, countJobs(queues)).catch(() => undefined);
  asked.set(queues, { until: performance.now() + rememberedMs, counts });
  return counts;
}

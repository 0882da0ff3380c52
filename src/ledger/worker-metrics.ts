/** Keeps the counts of each worker where every server finds them. */
import type { Queryable } from './pool.ts';

/** The newest report of one worker. */
export interface WorkerReport {
  readonly holder: string;
  /** Of its program. Null: one that did not tell. */
  readonly version: string | null;
  /** As its program wrote it, which may be an older or a newer one. */
  readonly metrics: unknown;
}

/** Replaces the worker's last report. It counts for that long; reports that do not count any more are deleted. */
export async function storeWorkerMetrics(
  db: Queryable,
  report: {
    readonly holder: string;
    readonly version: string;
    readonly metrics: readonly object[];
    readonly validMs: number;
  },
): Promise<void> {
  await db.query(
    `with expired as (
       delete from ledger.worker_metrics where holder in (
         select holder from ledger.worker_metrics
         where expires_at <= clock_timestamp() and holder <> $1 for update skip locked)
     )
     insert into ledger.worker_metrics (holder, expires_at, metrics, version)
     values ($1, clock_timestamp() + $3 * interval '1 ms', $2, $4)
     on conflict (holder) do update
       set expires_at = excluded.expires_at, metrics = excluded.metrics, version = excluded.version`,
    [report.holder, JSON.stringify(report.metrics), report.validMs, report.version],
  );
}

/** The reports that count, by holder. */
export async function listWorkerMetrics(db: Queryable): Promise<WorkerReport[]> {
  const { rows } = await db.query<WorkerReport>(
    'select holder, version, metrics from ledger.worker_metrics where expires_at > clock_timestamp() order by holder',
  );
  return rows;
}

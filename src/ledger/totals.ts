/** Counts what the ledger holds. Each statement reads an index, and no row of what has ended. */
import type { CallbackRow, ProvisioningRow } from './rows.ts';
import type { Queryable } from './pool.ts';

export interface Totals {
  readonly provisionings: readonly {
    readonly status: ProvisioningRow['status'];
    readonly rollback: ProvisioningRow['rollback_status'];
    readonly count: number;
  }[];
  /** How long the oldest that goes on by itself has been asked for, in s; 0 where there is none. */
  readonly oldestUnfinishedSeconds: number;
  readonly callbacks: readonly { readonly state: CallbackRow['state']; readonly count: number }[];
  /** How old the oldest callback is that is still to be delivered, in s; 0 where there is none. */
  readonly oldestPendingCallbackSeconds: number;
}

export async function readTotals(db: Queryable): Promise<Totals> {
  const { rows: provisionings } = await db.query<Totals['provisionings'][number]>(
    `select status, rollback_status as rollback, count(*)::int as count
     from ledger.provisionings group by status, rollback_status`,
  );
  const { rows: callbacks } = await db.query<Totals['callbacks'][number]>(
    'select state, count(*)::int as count from ledger.callbacks group by state',
  );
  return {
    provisionings,
    oldestUnfinishedSeconds: await readAge(
      db,
      // Asked for last, not first: a client that is offboarded after a year has not been waiting for a year.
      `select min(asked_at) as since from ledger.provisionings p, lateral (
         select max(at) as asked_at from ledger.events where provisioning_id = p.id
           and type in ('provisioning.accepted', 'provisioning.resumed', 'rollback.requested')
       ) as requests where sweep_at is not null`,
    ),
    callbacks,
    oldestPendingCallbackSeconds: await readAge(
      db,
      `select min(created_at) as since from ledger.callbacks where state = 'pending'`,
    ),
  };
}

/** How long ago the time is that a statement gives as `since`, by the database's clock. */
async function readAge(db: Queryable, sql: string): Promise<number> {
  const { rows } = await db.query<{ seconds: number }>(
    `select coalesce(extract(epoch from clock_timestamp() - since), 0)::float8 as seconds from (${sql}) as oldest`,
  );
  return rows[0]?.seconds ?? 0;
}

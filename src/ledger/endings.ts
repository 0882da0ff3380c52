/** The ends of a rollback, and its plan. How a run ends is `ledger.hold`'s. */
import { givenBack } from './holder.ts';
import { appendEvent } from './events.ts';
import type { Part } from './parts.ts';
import type { Queryable } from './pool.ts';
import { noWait } from './steps.ts';

/** Every undo has ended. The list of what is left decides how. Returns the outcome. */
export async function endRollback(db: Queryable, id: string): Promise<'completed' | 'incomplete'> {
  const { rows } = await db.query<{ outcome: 'completed' | 'incomplete' }>(
    `update ledger.provisionings
     set rollback_status = case when exists (
           select 1 from ledger.resources where provisioning_id = $1 and origin = 'created'
             and state not in ('deleted', 'forgotten')
         ) then 'incomplete' else 'completed' end,
         finished_at = clock_timestamp(), sweep_at = null, ${givenBack}
     where id = $1 and rollback_status = 'running'
     returning rollback_status as outcome`,
    [id],
  );
  const outcome = rows[0]?.outcome;
  if (outcome === undefined) throw new Error(`provisioning ${id} is not being rolled back`);
  await recordRollbackEnd(db, id, outcome);
  return outcome;
}

/** The columns that change with every end of a rollback. */
export async function recordRollbackEnd(
  db: Queryable,
  id: string,
  outcome: 'completed' | 'incomplete',
): Promise<void> {
  // They open what no longer exists.
  if (outcome === 'completed') await db.query('delete from ledger.secrets where provisioning_id = $1', [id]);
  await appendEvent(db, id, `rollback.${outcome}`, {});
}

/** An empty rollback has no step to begin it. */
export async function beginRollback(db: Queryable, id: string): Promise<void> {
  await db.query(
    `update ledger.provisionings set rollback_status = 'running' where id = $1 and rollback_status = 'pending'`,
    [id],
  );
}

/** Numbers a new flow of jobs. Undefined: somebody has begun one, works on it, or nothing is left to do. */
export async function advanceFlow(
  db: Queryable,
  id: string,
  expectedFlow: number,
  sweepAfterMs: number,
): Promise<number | undefined> {
  const { rows } = await db.query<{ flow: number }>(
    `update ledger.provisionings
     -- Whatever an earlier flow has handed on is not taken up any more.
     set flow = flow + 1, epoch = epoch + 1, sweep_at = clock_timestamp() + $3 * interval '1 ms'
     where id = $1 and flow = $2 and sweep_at is not null
       and (lease_until is null or lease_until <= clock_timestamp())
     returning flow`,
    [id, expectedFlow, sweepAfterMs],
  );
  return rows[0]?.flow;
}

/** Steps that never began are skipped; the others, one that was to be resumed too, get a row for their undo. */
export function planRollback(provisioningId: string): Part[] {
  const hasNotBegun = `status = 'pending' and started_at is null`;
  return [
    {
      sql: `update ledger.steps set status = 'skipped'
     where provisioning_id = $1 and direction = 'run' and ${hasNotBegun}`,
      values: [provisioningId],
    },
    {
      // A cancelled provisioning waits for nothing any more.
      sql: `update ledger.steps set ${noWait}
     where provisioning_id = $1 and direction = 'run' and status = 'waiting'`,
      values: [provisioningId],
    },
    {
      // All parts see the steps as they were before, or one after the other: both mean the same.
      sql: `insert into ledger.steps (provisioning_id, direction, position, name)
     select provisioning_id, 'undo', position, name from ledger.steps
     where provisioning_id = $1 and direction = 'run' and status <> 'skipped' and not (${hasNotBegun})
     on conflict do nothing`,
      values: [provisioningId],
    },
  ];
}

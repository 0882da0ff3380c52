/** The changes of a provisioning's state: each function is one row of the state table, and writes its event. */
import type { Failure } from '../provisioning.ts';
import { givenBack, handedOn } from './claims.ts';
import { appendEvent } from './events.ts';
import type { Queryable } from './pool.ts';
import { noWait } from './steps.ts';

/** Why a step failed for good. `providerText`: for operators only, so it goes into no event. */
export type NewFailure = Omit<Failure, 'at'> & { readonly providerText?: string | undefined };

/** A step failed for good and the client asked for a rollback: it begins at once, by the same commit. */
export async function failProvisioning(
  db: Queryable,
  id: string,
  { providerText, ...failure }: NewFailure,
  sweepAfterMs: number,
): Promise<void> {
  await expectOne(
    db,
    `update ledger.provisionings
     set status = 'failed', rollback_status = 'pending',
         sweep_at = clock_timestamp() + $3 * interval '1 ms',
         ${handedOn}, failure_provider_text = $4,
         failure = $2::jsonb || jsonb_build_object('at', to_char(clock_timestamp() at time zone 'utc',
           'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
     where id = $1 and status in ('queued', 'running', 'paused')`,
    [id, JSON.stringify(failure), sweepAfterMs, providerText],
  );
  await planRollback(db, id);
  await appendEvent(db, id, 'provisioning.failed', { ...failure });
}

/** A step failed for good and the client asked to be asked: everything stays as it is until an operator decides. */
export async function pauseProvisioning(
  db: Queryable,
  id: string,
  { providerText, ...failure }: NewFailure,
): Promise<void> {
  await expectOne(
    db,
    `update ledger.provisionings
     set status = 'paused', sweep_at = null, ${givenBack}, failure_provider_text = $3,
         failure = $2::jsonb || jsonb_build_object('at', to_char(clock_timestamp() at time zone 'utc',
           'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
     where id = $1 and status = 'running'`,
    [id, JSON.stringify(failure), providerText],
  );
  await appendEvent(db, id, 'provisioning.paused', { ...failure });
}

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
     set flow = flow + 1, sweep_at = clock_timestamp() + $3 * interval '1 ms'
     where id = $1 and flow = $2 and sweep_at is not null
       and (lease_until is null or lease_until <= clock_timestamp())
     returning flow`,
    [id, expectedFlow, sweepAfterMs],
  );
  return rows[0]?.flow;
}

/** Steps that never began are skipped; the others, one that was to be resumed too, get a row for their undo. */
export async function planRollback(db: Queryable, id: string): Promise<void> {
  await db.query(
    `update ledger.steps set status = 'skipped'
     where provisioning_id = $1 and direction = 'run' and status = 'pending' and started_at is null`,
    [id],
  );
  // A cancelled provisioning waits for nothing any more.
  await db.query(
    `update ledger.steps set ${noWait}
     where provisioning_id = $1 and direction = 'run' and status = 'waiting'`,
    [id],
  );
  await db.query(
    `insert into ledger.steps (provisioning_id, direction, position, name)
     select provisioning_id, 'undo', position, name from ledger.steps
     where provisioning_id = $1 and direction = 'run' and status <> 'skipped'
     on conflict do nothing`,
    [id],
  );
}

async function expectOne(db: Queryable, sql: string, values: unknown[]): Promise<void> {
  const { rowCount } = await db.query(sql, values);
  if (rowCount !== 1) throw new Error('the provisioning is not in the state that this change begins from');
}

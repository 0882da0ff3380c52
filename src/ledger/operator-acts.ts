/** The acts of operators: to go on, to end, or to undo. Each act is an event of its own. */
import { actorInHistory, recordAct, type Actor } from './audit.ts';
import { planRollback } from './endings.ts';
import { appendEvent } from './events.ts';
import { applyParts } from './parts.ts';
import { inTransaction, type Pool, type Queryable } from './pool.ts';
import { readSnapshot } from './provisionings.ts';
import type { Snapshot } from './rows.ts';

/** Goes on from the step that failed, with all its attempts anew. False: it is not paused. */
export async function resumeProvisioning(pool: Pool, id: string, actor: Actor): Promise<boolean> {
  return inTransaction(pool, async (db) => {
    const { rowCount } = await db.query(
      `update ledger.provisionings set status = 'running', failure = null, failure_provider_text = null,
         sweep_at = clock_timestamp()
       where id = $1 and status = 'paused'`,
      [id],
    );
    if (rowCount !== 1) return false;
    await db.query(
      `with failed as (
         update ledger.steps
         set status = 'pending', attempts = 0, interruptions = 0, error = null, finished_at = null
         where provisioning_id = $1 and direction = 'run' and status = 'failed' returning name
       )
       update ledger.effects
       set superseded_at = case when verb = 'change' then clock_timestamp() else superseded_at end,
           forgiven_doubts = doubts
       where provisioning_id = $1 and step in (select name from failed)`,
      [id],
    );
    await appendEvent(db, id, 'provisioning.resumed', actorInHistory(actor));
    await recordAct(db, actor, { action: 'resumed', provisioningId: id });
    return true;
  });
}

/**
 * Begins the undo of a paused provisioning, or of a succeeded one, or takes an incomplete rollback up again.
 *
 * `isAllowed` judges the row that is locked. `report` tells of a paused one that has now failed. False: there is
 * nothing to undo in its state.
 */
export async function rollBackByOperator(
  pool: Pool,
  id: string,
  actor: Actor,
  hooks: {
    readonly isAllowed: (snapshot: Snapshot) => void;
    readonly report: (db: Queryable, type: 'provisioning.failed') => Promise<unknown>;
  },
): Promise<boolean> {
  return inTransaction(pool, async (db) => {
    await db.query('select 1 from ledger.provisionings where id = $1 for update', [id]);
    const before = await readSnapshot(db, id);
    if (before === undefined) return false;
    const { status, rollback_status: rollback } = before.provisioning;
    const isPaused = status === 'paused';
    const isIncomplete = rollback === 'incomplete';
    if (!isPaused && !isIncomplete && (status !== 'succeeded' || rollback !== 'none')) return false;
    hooks.isAllowed(before);

    await db.query(
      `update ledger.provisionings
       set status = case when status = 'paused' then 'failed' else status end,
           rollback_status = case when rollback_status = 'incomplete' then 'running' else 'pending' end,
           finished_at = null, sweep_at = clock_timestamp()
       where id = $1`,
      [id],
    );
    if (isIncomplete)
      // Each resource has its time anew.
      await db.query(
        `update ledger.steps
         set status = 'pending', attempts = 0, interruptions = 0, error = null, finished_at = null
         where provisioning_id = $1 and direction = 'undo' and status = 'failed'`,
        [id],
      );
    else await applyParts(db, id, planRollback(id));
    await appendEvent(db, id, 'rollback.requested', actorInHistory(actor));
    const isOffboarding = !isPaused && !isIncomplete;
    await recordAct(db, actor, {
      action: isOffboarding ? 'offboarded' : 'rolled-back',
      provisioningId: id,
    });
    if (isPaused) await hooks.report(db, 'provisioning.failed');
    return true;
  });
}

/**
 * Ends what is under way, and begins its undo. Of this and a success exactly one wins: both change the same row.
 *
 * Whoever holds the lease may end the call that it has begun, and begins no further one. False: it has ended in
 * another way, or its rollback is done.
 */
export async function cancelProvisioning(
  pool: Pool,
  id: string,
  actor: Actor,
  report: (db: Queryable, type: 'provisioning.cancelled') => Promise<unknown>,
): Promise<boolean> {
  return inTransaction(pool, async (db) => {
    const { rowCount } = await db.query(
      `update ledger.provisionings
       set status = 'cancelled', rollback_status = 'pending', sweep_at = clock_timestamp()
       where id = $1 and status in ('queued', 'running', 'paused')`,
      [id],
    );
    if (rowCount !== 1) return isBeingCancelled(db, id);
    await applyParts(db, id, planRollback(id));
    await appendEvent(db, id, 'provisioning.cancelled', actorInHistory(actor));
    await recordAct(db, actor, { action: 'cancelled', provisioningId: id });
    await report(db, 'provisioning.cancelled');
    return true;
  });
}

async function isBeingCancelled(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `select 1 from ledger.provisionings
     where id = $1 and status = 'cancelled' and rollback_status in ('pending', 'running')`,
    [id],
  );
  return rowCount === 1;
}

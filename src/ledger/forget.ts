/** An operator takes a resource off the list by hand: what becomes of it is theirs to know. */
import { actorInHistory, recordAct, type Actor } from './audit.ts';
import { recordRollbackEnd } from './endings.ts';
import { appendEvent } from './events.ts';
import { inTransaction, type Pool, type Queryable } from './pool.ts';

export type Forgetting =
  | { readonly is: 'forgotten' }
  | { readonly is: 'not-there' }
  /** Something is under way that may still need it, or it is gone already. */
  | { readonly is: 'refused'; readonly because: string };

/**
 * Forgets a resource of a provisioning that rests: no rollback deletes it any more.
 *
 * If it was the last one that an incomplete rollback had left, the rollback is complete by that, and `report` tells
 * of it in the same transaction.
 */
export async function forgetResource(
  pool: Pool,
  ids: { readonly provisioningId: string; readonly resourceId: string },
  actor: Actor & { readonly reason: string },
  report: (db: Queryable, type: 'provisioning.rolled_back') => Promise<unknown>,
): Promise<Forgetting> {
  const { provisioningId, resourceId } = ids;
  return inTransaction(pool, async (db) => {
    const { rows: found } = await db.query<{ is_resting: boolean; is_incomplete: boolean }>(
      `select status = 'paused' or rollback_status = 'incomplete' or (status = 'succeeded' and rollback_status = 'none')
                as is_resting,
              rollback_status = 'incomplete' as is_incomplete
       from ledger.provisionings where id = $1 for update`,
      [provisioningId],
    );
    const [provisioning] = found;
    if (provisioning === undefined) return { is: 'not-there' };
    const { rows: resources } = await db.query<{ kind: string; name: string; state: string }>(
      'select kind, name, state from ledger.resources where id = $1 and provisioning_id = $2',
      [resourceId, provisioningId],
    );
    const [resource] = resources;
    if (resource === undefined) return { is: 'not-there' };
    if (resource.state === 'forgotten') return { is: 'forgotten' };
    if (resource.state === 'deleted') return { is: 'refused', because: 'It is deleted already.' };
    if (!provisioning.is_resting)
      return { is: 'refused', because: 'The provisioning is under way, or has ended without it.' };

    // Whatever its creation has made or may have made, the operator answers for it: nobody looks for it any more, and
    // a resumed step makes another one. What a creation has made a second time is not what it is recorded as.
    await db.query(
      `update ledger.effects e set superseded_at = clock_timestamp(),
         state = case when state = 'intended' then 'refused' else state end
       where superseded_at is null
         and id = (select effect_id from ledger.resources where id = $1)
         and $1 = (select id from ledger.resources where effect_id = e.id and state <> 'forgotten'
                   order by created_at, id limit 1)`,
      [resourceId],
    );
    await db.query(
      `update ledger.resources set state = 'forgotten', updated_at = clock_timestamp() where id = $1`,
      [resourceId],
    );
    const { kind, name } = resource;
    await appendEvent(db, provisioningId, 'resource.forgotten', {
      resource: resourceId,
      kind,
      name,
      ...actorInHistory(actor),
    });
    await recordAct(db, actor, {
      action: 'forgot',
      provisioningId,
      detail: { resource: resourceId, kind, name },
    });
    if (provisioning.is_incomplete && (await completeIfNothingIsLeft(db, provisioningId)))
      await report(db, 'provisioning.rolled_back');
    return { is: 'forgotten' };
  });
}

async function completeIfNothingIsLeft(db: Queryable, provisioningId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update ledger.provisionings set rollback_status = 'completed'
     where id = $1 and not exists (
       select 1 from ledger.resources
       where provisioning_id = $1 and origin = 'created' and state not in ('deleted', 'forgotten'))`,
    [provisioningId],
  );
  if (rowCount !== 1) return false;
  await db.query(
    `update ledger.steps set status = 'succeeded', error = null
     where provisioning_id = $1 and direction = 'undo' and status = 'failed'`,
    [provisioningId],
  );
  await recordRollbackEnd(db, provisioningId, 'completed');
  return true;
}

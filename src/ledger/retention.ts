/** Deletes provisionings from the ledger when their time is over. */
import type { Queryable } from './pool.ts';

/**
 * Deletes provisionings whose rollback was completed that many days ago, with all that belongs to them: nothing of
 * them is left at a provider, and nobody is still to be told. Returns how many there were, at most `limit`.
 */
export async function deleteUndone(db: Queryable, olderThanDays: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from ledger.provisionings where id in (
       select id from ledger.provisionings p
       where rollback_status = 'completed' and finished_at < clock_timestamp() - $1 * interval '1 day'
         and not exists (select 1 from ledger.callbacks where provisioning_id = p.id and state = 'pending')
       order by finished_at limit $2 for update skip locked)`,
    [olderThanDays, limit],
  );
  return rowCount ?? 0;
}

/** The deletions of orphans that an operator asked for: each is written down before its call, and stays. */
import { commandActor } from './audit.ts';
import type { Queryable } from './pool.ts';

export interface OrphanDeletion {
  readonly kind: string;
  readonly externalId: string;
  readonly name: string;
  readonly evidence: 'mark' | 'name';
  readonly provisioningId: string | undefined;
  readonly requestedBy: string;
}

/** Returns the id of the row. */
export async function insertOrphanDeletion(db: Queryable, deletion: OrphanDeletion): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `insert into ledger.orphan_deletions (kind, external_id, name, evidence, provisioning_id, requested_by)
     values ($1, $2, $3, $4, $5, $6) returning id`,
    [
      deletion.kind,
      deletion.externalId,
      deletion.name,
      deletion.evidence,
      deletion.provisioningId,
      deletion.requestedBy,
    ],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('the deletion of an orphan was not written down');
  return id;
}

/** `refused`: proven not done. `in-doubt`: perhaps done, and not seen to be. */
export async function endOrphanDeletion(
  db: Queryable,
  id: string,
  state: 'refused' | 'in-doubt',
  error: string,
): Promise<void> {
  await db.query(
    `update ledger.orphan_deletions set state = $2, last_error = $3, ended_at = clock_timestamp()
     where id = $1 and state in ('intended', 'in-doubt')`,
    [id, state, error],
  );
}

/**
 * The object is seen to be gone: whatever was asked for it has come true, which the audit tells. Returns how many
 * requests were open.
 */
export async function confirmOrphanDeletions(
  db: Queryable,
  object: { readonly kind: string; readonly externalId: string },
): Promise<number> {
  const { rowCount } = await db.query(
    `with confirmed as (
       update ledger.orphan_deletions set state = 'confirmed', ended_at = clock_timestamp()
       where kind = $1 and external_id = $2 and state in ('intended', 'in-doubt') returning *
     )
     insert into ledger.audit (by, action, detail)
     select $3, 'orphan-deleted', jsonb_build_object(
       'kind', kind, 'externalId', external_id, 'name', name, 'requestedBy', requested_by)
     from confirmed`,
    [object.kind, object.externalId, commandActor.by],
  );
  return rowCount ?? 0;
}

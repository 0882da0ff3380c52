/** The history of a provisioning: append-only, numbered without gaps by the database. */
import { z } from 'zod';
import { provisioningStatuses, rollbackStatuses } from '../provisioning.ts';
import type { Queryable } from './pool.ts';

/** Appends inside the transaction of the change that it tells of. */
export async function appendEvent(
  db: Queryable,
  provisioningId: string,
  type: string,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  await db.query('select ledger.append_event($1, $2, $3)', [provisioningId, type, JSON.stringify(data)]);
}

const eventRow = z.object({
  provisioning_id: z.string(),
  sequence: z.coerce.number(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
  at: z.date(),
});
export type EventRow = z.infer<typeof eventRow>;

/** Events after a sequence, of one provisioning or of several in one query, each at most `limit`. */
export async function listEvents(
  db: Queryable,
  after: readonly { readonly provisioningId: string; readonly sequence: number }[],
  limit: number,
): Promise<EventRow[]> {
  const { rows } = await db.query(
    `select e.* from unnest($1::uuid[], $2::bigint[]) as wanted (provisioning_id, sequence)
     cross join lateral (
       select * from ledger.events
       where provisioning_id = wanted.provisioning_id and sequence > wanted.sequence
       order by sequence limit $3
     ) e order by e.provisioning_id, e.sequence`,
    [after.map(({ provisioningId }) => provisioningId), after.map(({ sequence }) => sequence), limit],
  );
  return z.array(eventRow).parse(rows);
}

/** More attempts and waits than that are no timeline that anybody reads. */
const mostStepEvents = 5000;

/** The events that begin and end attempts and waits, oldest first. */
export async function listStepEvents(db: Queryable, provisioningId: string): Promise<EventRow[]> {
  const { rows } = await db.query(
    `select * from ledger.events where provisioning_id = $1
       and (type like 'step.%' or type like 'undo.%' or type = 'provisioning.cancelled')
     order by sequence limit $2`,
    [provisioningId, mostStepEvents],
  );
  return z.array(eventRow).parse(rows);
}

const progressRow = z.object({
  id: z.string(),
  status: z.enum(provisioningStatuses),
  rollback_status: z.enum(rollbackStatuses),
  last_event: z.coerce.number(),
});
export type Progress = z.infer<typeof progressRow>;

/** How far each has come. One that is not there any more is left out. */
export async function readProgress(db: Queryable, ids: readonly string[]): Promise<Progress[]> {
  const { rows } = await db.query(
    'select id, status, rollback_status, last_event from ledger.provisionings where id = any($1)',
    [ids],
  );
  return z.array(progressRow).parse(rows);
}

/** Callbacks as their receiver's owner sees them: what was sent when, what was answered, and once more. */
import { z } from 'zod';
import type { Actor } from './operator-acts.ts';
import { appendEvent } from './events.ts';
import { inTransaction, type Pool, type Queryable } from './pool.ts';
import { callbackRow } from './rows.ts';

const attemptRow = z.object({
  attempt: z.number(),
  at: z.string(),
  status: z.number().nullable(),
  error: z.string().nullable(),
  durationMs: z.number(),
});

const deliveryRow = callbackRow.extend({
  delivered_at: z.date().nullable(),
  recent: z.array(attemptRow),
});
export type Delivery = z.infer<typeof deliveryRow>;

/** In the order in which they are sent, each with its newest attempts, at most `attempts`. */
export async function listDeliveries(
  db: Queryable,
  provisioningId: string,
  attempts: number,
): Promise<Delivery[]> {
  const { rows } = await db.query(
    `select c.*, coalesce(made.recent, '[]') as recent from ledger.callbacks c
     left join lateral (
       select jsonb_agg(jsonb_build_object(
                'attempt', a.attempt, 'status', a.status, 'error', a.error, 'durationMs', a.duration_ms,
                'at', to_char(a.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by a.attempt) as recent
       from (select * from ledger.callback_attempts where callback_id = c.id order by attempt desc limit $2) a
     ) made on true
     where c.provisioning_id = $1 order by c.sequence`,
    [provisioningId, attempts],
  );
  return z.array(deliveryRow).parse(rows);
}

/** Has a callback sent again, whatever became of it: with its id and its bytes. False: there is none of that id. */
export async function redeliver(
  pool: Pool,
  provisioningId: string,
  callbackId: string,
  actor: Actor,
): Promise<boolean> {
  return inTransaction(pool, async (db) => {
    // The order of locks of whoever writes a callback.
    await db.query('select 1 from ledger.provisionings where id = $1 for update', [provisioningId]);
    // One that is pending already is not begun anew while an attempt is under way: it only comes sooner.
    const { rows } = await db.query<{ sequence: number }>(
      `update ledger.callbacks
       set due_at = case when taken_by is null then clock_timestamp() else due_at end,
           redelivered_at = case when state = 'pending' then redelivered_at else clock_timestamp() end,
           attempts_before = case when state = 'pending' then attempts_before else attempts end,
           delivered_at = null, state = 'pending'
       where id = $1 and provisioning_id = $2 returning sequence`,
      [callbackId, provisioningId],
    );
    const [row] = rows;
    if (row === undefined) return false;
    await appendEvent(db, provisioningId, 'callback.redelivered', { callback: row.sequence, ...actor });
    return true;
  });
}

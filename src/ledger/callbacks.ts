/** The outbox: callbacks are written with the change they tell of, and sent later. */
import { z } from 'zod';
import { actorInHistory, recordAct, type Actor } from './audit.ts';
import { appendEvent } from './events.ts';
import { applyParts, type Part } from './parts.ts';
import { inTransaction, type Pool, type Queryable } from './pool.ts';
import { callbackRow, provisioningRow, type CallbackRow } from './rows.ts';

/** A callback with the exact bytes of every attempt. Its number is the next one of its provisioning. */
export interface NewCallback {
  readonly id: string;
  readonly provisioningId: string;
  readonly sequence: number;
  readonly type: string;
  readonly body: string;
}

export function insertCallback({ id, provisioningId, sequence, type, body }: NewCallback): Part {
  return {
    sql: `insert into ledger.callbacks (id, provisioning_id, sequence, type, body, state)
     values ($1, $2, $3, $4, $5, ledger.state_of_new_callback($2))`,
    values: [id, provisioningId, sequence, type, body],
  };
}

/** Numbers a callback and writes it, in the transaction that has its provisioning locked. */
export async function addCallback(db: Queryable, callback: NewCallback): Promise<void> {
  const { provisioningId } = callback;
  await db.query('update ledger.provisionings set last_callback = last_callback + 1 where id = $1', [
    provisioningId,
  ]);
  await applyParts(db, provisioningId, [insertCallback(callback)]);
}

const dueCallback = callbackRow.extend({
  callback_url: z.string(),
  trace_parent: provisioningRow.shape.trace_parent,
  /** Since it was written, or since an operator had it sent again; and the attempts since then, this one included. */
  age_ms: z.number(),
  tries: z.number(),
});
export type DueCallback = z.infer<typeof dueCallback>;

/** Not now: its time has not come, or an earlier one has not ended. */
export interface NotItsTurn {
  readonly retryInMs: number;
}

/**
 * Takes one callback for one attempt, if it is due and everything before it has ended.
 *
 * The attempt counts from here on, and nobody else takes it before `attemptMs` are over: one at a time, in order.
 * Undefined: it has ended.
 */
export async function takeCallback(
  db: Queryable,
  id: string,
  holder: string,
  attemptMs: number,
): Promise<DueCallback | NotItsTurn | undefined> {
  const { rows } = await db.query(
    `update ledger.callbacks c
     set attempts = c.attempts + 1, taken_by = $3, due_at = clock_timestamp() + $2 * interval '1 ms'
     from ledger.provisionings p
     where c.id = $1 and p.id = c.provisioning_id and c.state = 'pending' and c.due_at <= clock_timestamp()
       and not exists (select 1 from ledger.callbacks earlier
                       where earlier.provisioning_id = c.provisioning_id and earlier.sequence < c.sequence
                         and earlier.state = 'pending')
     returning c.*, p.callback_url, p.trace_parent, c.attempts - c.attempts_before as tries,
       (extract(epoch from clock_timestamp() - coalesce(c.redelivered_at, c.created_at)) * 1000)::float8 as age_ms`,
    [id, attemptMs, holder],
  );
  if (rows[0] !== undefined) return dueCallback.parse(rows[0]);
  // The first pending one of the provisioning decides when to come again: it may be this one.
  const { rows: waits } = await db.query<{ wait_ms: number }>(
    `select (extract(epoch from first.due_at - clock_timestamp()) * 1000)::float8 as wait_ms
     from ledger.callbacks c
     join ledger.callbacks first on first.provisioning_id = c.provisioning_id and first.state = 'pending'
       and first.sequence <= c.sequence
     where c.id = $1 and c.state = 'pending' order by first.sequence limit 1`,
    [id],
  );
  return waits[0] && { retryInMs: Math.max(250, Math.ceil(waits[0].wait_ms) + 25) };
}

/** Where a callback goes to. Undefined: it has ended. */
export async function readReceiver(db: Queryable, id: string): Promise<string | undefined> {
  const { rows } = await db.query<{ callback_url: string }>(
    `select p.callback_url from ledger.callbacks c join ledger.provisionings p on p.id = c.provisioning_id
     where c.id = $1 and c.state = 'pending'`,
    [id],
  );
  return rows[0]?.callback_url;
}

/** Has a callback that nobody has taken wait longer: it is not due meanwhile, and no attempt is counted. */
export async function putOffCallback(db: Queryable, id: string, delayMs: number): Promise<void> {
  await db.query(
    `update ledger.callbacks set due_at = clock_timestamp() + $2 * interval '1 ms'
     where id = $1 and state = 'pending' and due_at <= clock_timestamp()`,
    [id, delayMs],
  );
}

export interface AttemptOutcome {
  readonly state: CallbackRow['state'];
  readonly status: number | undefined;
  readonly error: string | undefined;
  readonly durationMs: number;
  /** When it is tried again; only while it is pending. */
  readonly retryInMs: number;
}

export async function recordAttempt(
  db: Queryable,
  callback: CallbackRow,
  outcome: AttemptOutcome,
): Promise<void> {
  // The order of locks of whoever inserts a callback: else neither would see the other's row.
  if (outcome.state === 'stopped')
    await db.query('select 1 from ledger.provisionings where id = $1 for update', [callback.provisioning_id]);
  await db.query(
    `insert into ledger.callback_attempts (callback_id, attempt, status, error, duration_ms)
     values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [callback.id, callback.attempts, outcome.status, outcome.error, Math.round(outcome.durationMs)],
  );
  await db.query(
    `update ledger.callbacks
     set state = $2, taken_by = null, last_status = $3, last_error = $4, due_at = clock_timestamp() + $5 * interval '1 ms',
         delivered_at = case when $2 = 'delivered' then clock_timestamp() end
     where id = $1 and state = 'pending' and attempts = $6`,
    [callback.id, outcome.state, outcome.status, outcome.error, outcome.retryInMs, callback.attempts],
  );
  // "Gone" ends this and all later callbacks of the provisioning.
  if (outcome.state === 'stopped')
    await db.query(
      `update ledger.callbacks set state = 'stopped'
       where provisioning_id = $1 and sequence > $2 and state = 'pending'`,
      [callback.provisioning_id, callback.sequence],
    );
}

/** A callback that is to be sent, and the trace of its provisioning. */
export interface CallbackToSend {
  readonly id: string;
  readonly traceParent: string | undefined;
}

/** Callbacks that may be sent now, of all provisionings or of one: due (for that long), and none before is pending. */
export async function listDueCallbacks(
  db: Queryable,
  filter: { readonly limit: number; readonly provisioningId?: string; readonly overdueMs?: number },
): Promise<CallbackToSend[]> {
  const { rows } = await db.query<{ id: string; trace_parent: string | null }>(
    `select id, (select trace_parent from ledger.provisionings p where p.id = c.provisioning_id)
     from ledger.callbacks c
     where state = 'pending' and due_at <= clock_timestamp() - $3 * interval '1 ms' and ($2::uuid is null or provisioning_id = $2)
       and not exists (select 1 from ledger.callbacks earlier
                       where earlier.provisioning_id = c.provisioning_id and earlier.sequence < c.sequence
                         and earlier.state = 'pending')
     order by due_at limit $1`,
    [filter.limit, filter.provisioningId, filter.overdueMs ?? 0],
  );
  return rows.map(({ id, trace_parent: trace }) => ({ id, traceParent: trace ?? undefined }));
}

const attemptRow = z.object({
  attempt: z.number(),
  at: z.string(),
  status: z.number().nullable(),
  error: z.string().nullable(),
  durationMs: z.number(),
});

const shownCallbackRow = callbackRow.extend({
  delivered_at: z.date().nullable(),
  recent: z.array(attemptRow),
});
export type ShownCallback = z.infer<typeof shownCallbackRow>;

/** In the order in which they are sent, each with its newest attempts, at most `attempts`. */
export async function listCallbacks(
  db: Queryable,
  provisioningId: string,
  attempts: number,
): Promise<ShownCallback[]> {
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
  return z.array(shownCallbackRow).parse(rows);
}

const listedCallbackRow = shownCallbackRow.extend({
  client_id: z.string(),
  client_name: z.string(),
  /** When it was written, in microseconds. */
  exactly_at: z.string(),
});
export type ListedCallback = z.infer<typeof listedCallbackRow>;

/** Callbacks of all clients, newest first, each with its newest attempt. `after`: the last one of the page before. */
export async function listAllCallbacks(
  db: Queryable,
  filter: {
    readonly state?: CallbackRow['state'] | undefined;
    readonly after?: { readonly createdAt: string; readonly id: string } | undefined;
    readonly limit: number;
  },
): Promise<ListedCallback[]> {
  const { rows } = await db.query(
    // The page is chosen first: what belongs to it is looked up for that alone.
    `select c.*, p.client_id, p.client_name, coalesce(made.recent, '[]') as recent,
       to_char(c.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as exactly_at
     from (
       select * from ledger.callbacks
       where ($1::text is null or state = $1)
         and ($2::timestamptz is null or (created_at, id) < ($2::timestamptz, $3::uuid))
       order by created_at desc, id desc limit $4) c
     join ledger.provisionings p on p.id = c.provisioning_id
     left join lateral (
       select jsonb_agg(jsonb_build_object(
                'attempt', a.attempt, 'status', a.status, 'error', a.error, 'durationMs', a.duration_ms,
                'at', to_char(a.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) as recent
       from (select * from ledger.callback_attempts where callback_id = c.id order by attempt desc limit 1) a
     ) made on true
     order by c.created_at desc, c.id desc`,
    [filter.state, filter.after?.createdAt, filter.after?.id, filter.limit],
  );
  return z.array(listedCallbackRow).parse(rows);
}

/** The provisionings of some callbacks. Those that are not there are left out. */
export async function findCallbacks(
  db: Queryable,
  ids: readonly string[],
): Promise<{ readonly id: string; readonly provisioningId: string }[]> {
  const { rows } = await db.query<{ id: string; provisioning_id: string }>(
    'select id, provisioning_id from ledger.callbacks where id = any($1) order by provisioning_id, sequence',
    [ids],
  );
  return rows.map(({ id, provisioning_id: provisioningId }) => ({ id, provisioningId }));
}

/** Has a callback sent again, whatever became of it: with its id and its bytes. False: there is none of that id. */
export async function redeliverCallback(
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
    await appendEvent(db, provisioningId, 'callback.redelivered', {
      callback: row.sequence,
      ...actorInHistory(actor),
    });
    await recordAct(db, actor, { action: 'redelivered', provisioningId, detail: { callback: row.sequence } });
    return true;
  });
}

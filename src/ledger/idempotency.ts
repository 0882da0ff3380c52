/** Answers to requests that carry an Idempotency-Key: the same key and body get the same answer for a day. */
import { z } from 'zod';
import type { Queryable } from './pool.ts';

export interface IdempotencyKey {
  /** Keys of one caller mean nothing to another. */
  readonly caller: string;
  readonly key: string;
  readonly bodyHash: Buffer;
}

const storedAnswer = z.object({ status: z.number(), location: z.string(), body: z.string() });
export type StoredAnswer = z.infer<typeof storedAnswer>;

export type KeyUse =
  | { readonly is: 'new' }
  /** A request with it is under way in another transaction. */
  | { readonly is: 'in-flight' }
  /** The key was used for another body. */
  | { readonly is: 'reused' }
  | { readonly is: 'answered'; readonly answer: StoredAnswer };

/** How long an answer is kept. */
const keptFor = `interval '24 hours'`;

/** Holds the key until the transaction ends. The lock goes with its session, so a process that dies leaves none. */
export async function takeKey(db: Queryable, { caller, key, bodyHash }: IdempotencyKey): Promise<KeyUse> {
  const { rows: locks } = await db.query<{ taken: boolean }>(
    'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as taken',
    [JSON.stringify(['idempotency-key', caller, key])],
  );
  if (locks[0]?.taken !== true) return { is: 'in-flight' };
  const { rows } = await db.query<{ is_same: boolean }>(
    `select status, location, body, body_hash = $3 as is_same from ledger.idempotency_keys
     where caller = $1 and key = $2 and created_at > clock_timestamp() - ${keptFor}`,
    [caller, key, bodyHash],
  );
  const [row] = rows;
  if (row === undefined) return { is: 'new' };
  return row.is_same ? { is: 'answered', answer: storedAnswer.parse(row) } : { is: 'reused' };
}

/** Keeps the answer, in the transaction of the row that it tells of. */
export async function storeAnswer(
  db: Queryable,
  { caller, key, bodyHash }: IdempotencyKey,
  answer: StoredAnswer,
): Promise<void> {
  await db.query(
    `insert into ledger.idempotency_keys (caller, key, body_hash, status, location, body)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (caller, key) do update
     set body_hash = excluded.body_hash, status = excluded.status, location = excluded.location,
         body = excluded.body, created_at = clock_timestamp()`,
    [caller, key, bodyHash, answer.status, answer.location, answer.body],
  );
}

/** Returns how many there were. */
export async function deleteOldAnswers(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(
    `delete from ledger.idempotency_keys where created_at <= clock_timestamp() - ${keptFor}`,
  );
  return rowCount ?? 0;
}

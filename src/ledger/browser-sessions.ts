/** Sessions of people who have signed in with a browser. What is kept of a session's token does not give it back. */
import { z } from 'zod';
import { recordAct, type Actor } from './audit.ts';
import { inTransaction, type Pool, type Queryable } from './pool.ts';
import { optional } from './rows.ts';
import { roles, type Role } from './roles.ts';

export interface NewSession {
  readonly tokenHash: Buffer;
  /** Of a JWT. Undefined: its owner's key has the role. */
  readonly role: Role | undefined;
  /** How long it lasts by the database's clock. */
  readonly lastsMs: number;
  /** By the server's clock, which also judges tokens. The sooner of both counts. */
  readonly endsAt: Date;
}

export async function insertSession(pool: Pool, session: NewSession, actor: Actor): Promise<void> {
  await inTransaction(pool, async (db) => {
    await db.query(
      `insert into ledger.sessions (token_hash, by, role, expires_at)
       values ($1, $2, $3, least(clock_timestamp() + $4 * interval '1 ms', $5::timestamptz))`,
      [session.tokenHash, actor.by, session.role, session.lastsMs, session.endsAt],
    );
    await recordAct(db, actor, { action: 'signed-in' });
  });
}

const sessionRow = z.object({ by: z.string(), role: optional(z.enum(roles)), is_seen_due: z.boolean() });
export type SessionRow = z.infer<typeof sessionRow>;

/** Undefined: there is none, or it has expired. */
export async function findSession(db: Queryable, tokenHash: Buffer): Promise<SessionRow | undefined> {
  const { rows } = await db.query(
    `select by, role, last_seen_at < clock_timestamp() - interval '1 minute' as is_seen_due
     from ledger.sessions where token_hash = $1 and expires_at > clock_timestamp()`,
    [tokenHash],
  );
  return sessionRow.optional().parse(rows[0]);
}

/** Writes at most once a minute. */
export async function noteSessionSeen(db: Queryable, tokenHash: Buffer): Promise<void> {
  await db.query(
    `update ledger.sessions set last_seen_at = clock_timestamp()
     where token_hash = $1 and last_seen_at < clock_timestamp() - interval '1 minute'`,
    [tokenHash],
  );
}

/** Ends a session for good. `address`: from where that was asked. */
export async function deleteSession(pool: Pool, tokenHash: Buffer, address: string): Promise<void> {
  await inTransaction(pool, async (db) => {
    const { rows } = await db.query<{ by: string }>(
      'delete from ledger.sessions where token_hash = $1 and expires_at > clock_timestamp() returning by',
      [tokenHash],
    );
    const [ended] = rows;
    if (ended !== undefined) await recordAct(db, { by: ended.by, address }, { action: 'signed-out' });
  });
}

export async function deleteExpiredSessions(db: Queryable): Promise<void> {
  await db.query('delete from ledger.sessions where expires_at <= clock_timestamp()');
}

/** Keys of the API. Who may write here may make keys; what is kept of one does not give it back. */
import { z } from 'zod';
import { recordAct, type Actor } from './audit.ts';
import { formatKeyToken, newKeyToken, verifierOf } from './key-token.ts';
import { inTransaction, type Pool, type Queryable } from './pool.ts';
import { roles, type Role } from './roles.ts';

const apiKeyRow = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(roles),
  created_at: z.date(),
  expires_at: z.date().nullable(),
  revoked_at: z.date().nullable(),
  last_used_at: z.date().nullable(),
  state: z.enum(['usable', 'expired', 'revoked']),
});
export type ApiKeyRow = z.infer<typeof apiKeyRow>;

const shown = `id, name, role, created_at, expires_at, revoked_at, last_used_at,
  case when revoked_at is not null then 'revoked' when expires_at <= clock_timestamp() then 'expired'
       else 'usable' end as state`;

export const longestKeyDays = 3650;

export interface NewApiKey {
  readonly name: string;
  readonly role: Role;
  /** Undefined: it does not expire. */
  readonly expiresInDays?: number | undefined;
}

/** Makes a key. The text of it is returned this once, and kept nowhere. */
export async function makeApiKey(
  pool: Pool,
  { name, role, expiresInDays }: NewApiKey,
  actor: Actor,
): Promise<{ readonly row: ApiKeyRow; readonly key: string }> {
  const token = newKeyToken();
  const row = await inTransaction(pool, async (db) => {
    const { rows } = await db.query(
      `insert into ledger.api_keys (id, name, role, verifier, expires_at)
       values ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 day') returning ${shown}`,
      [token.id, name, role, verifierOf(token), expiresInDays],
    );
    await recordAct(db, actor, { action: 'made-key', detail: { key: token.id, name, role } });
    return apiKeyRow.parse(rows[0]);
  });
  return { row, key: formatKeyToken(token) };
}

/** All of them, the newest first; revoked and expired ones stay. */
export async function listApiKeys(db: Queryable): Promise<readonly ApiKeyRow[]> {
  const { rows } = await db.query(`select ${shown} from ledger.api_keys order by created_at desc, id`);
  return apiKeyRow.array().parse(rows);
}

/** Revokes it for good; one that is revoked already stays as it is. Undefined: there is none. */
export async function revokeApiKey(pool: Pool, id: string, actor: Actor): Promise<ApiKeyRow | undefined> {
  return inTransaction(pool, async (db) => {
    const { rows } = await db.query(
      `update ledger.api_keys set revoked_at = clock_timestamp()
       where id = $1 and revoked_at is null returning ${shown}`,
      [id],
    );
    if (rows.length === 0) {
      const found = await db.query(`select ${shown} from ledger.api_keys where id = $1`, [id]);
      return apiKeyRow.optional().parse(found.rows[0]);
    }
    const revoked = apiKeyRow.parse(rows[0]);
    const { name, role } = revoked;
    await recordAct(db, actor, { action: 'revoked-key', detail: { key: id, name, role } });
    return revoked;
  });
}

const usableKeyRow = z.object({
  role: z.enum(roles),
  verifier: z.instanceof(Buffer),
  /** Null: it does not expire. */
  expires_in_ms: z.number().nullable(),
  is_use_due: z.boolean(),
});
export type UsableKeyRow = z.infer<typeof usableKeyRow>;

/** Neither revoked nor expired, by the database's clock. */
export async function findUsableApiKey(db: Queryable, id: string): Promise<UsableKeyRow | undefined> {
  const { rows } = await db.query(
    `select role, verifier,
       (extract(epoch from expires_at - clock_timestamp()) * 1000)::float8 as expires_in_ms,
       last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute' as is_use_due
     from ledger.api_keys
     where id = $1 and revoked_at is null and (expires_at is null or expires_at > clock_timestamp())`,
    [id],
  );
  return usableKeyRow.optional().parse(rows[0]);
}

/** Writes at most once a minute, however many servers see the key. */
export async function noteApiKeyUse(db: Queryable, id: string): Promise<void> {
  await db.query(
    `update ledger.api_keys set last_used_at = clock_timestamp()
     where id = $1 and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')`,
    [id],
  );
}

/** The audit: who has done what, when and from where. Append-only, and kept when a provisioning is deleted. */
import { z } from 'zod';
import type { Queryable } from './pool.ts';
import { optional } from './rows.ts';

export const auditActions = [
  'provisioned',
  'cancelled',
  'resumed',
  'rolled-back',
  'offboarded',
  'forgot',
  'redelivered',
  'made-key',
  'revoked-key',
  'signed-in',
  'sign-in-failed',
  'signed-out',
  'orphan-deleted',
  'looked-for-orphans',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** The person or program that acts. */
export interface Actor {
  /** As histories name callers. */
  readonly by: string;
  /** Where they give one. */
  readonly reason?: string;
  /** The caller's network address. Undefined: a command. */
  readonly address?: string;
}

/** Whoever runs a command on the server's machine. */
export const commandActor: Actor = { by: 'command' };

/** The part of an actor that a provisioning's history shows: everybody who may read sees it. */
export function actorInHistory({ by, reason }: Actor): { readonly by: string; readonly reason?: string } {
  return reason === undefined ? { by } : { by, reason };
}

export interface Act {
  readonly action: AuditAction;
  /** Its client is named too, while it is there. */
  readonly provisioningId?: string;
  /** Further facts; never a secret. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Writes an act down, in the transaction of the act. */
export async function recordAct(db: Queryable, actor: Actor, act: Act): Promise<void> {
  const detail = { ...act.detail, ...(actor.reason === undefined ? {} : { reason: actor.reason }) };
  await db.query(
    `insert into ledger.audit (by, action, provisioning_id, client_id, detail, address)
     values ($1, $2, $3, (select client_id from ledger.provisionings where id = $3), $4, $5)`,
    [actor.by, act.action, act.provisioningId, JSON.stringify(detail), actor.address],
  );
}

const auditRow = z.object({
  id: z.string(),
  at: z.date(),
  by: z.string(),
  action: z.enum(auditActions),
  client_id: optional(z.string()),
  provisioning_id: optional(z.string()),
  detail: z.record(z.string(), z.unknown()),
  address: optional(z.string()),
});
export type AuditRow = z.infer<typeof auditRow>;

export interface AuditFilter {
  readonly by?: string | undefined;
  readonly action?: AuditAction | undefined;
  readonly clientId?: string | undefined;
  /** From then on. */
  readonly since?: Date | undefined;
  /** Before then. */
  readonly until?: Date | undefined;
  /** Only what is older than the row of this id. */
  readonly after?: string | undefined;
}

/** Newest first. */
export async function listAudit(db: Queryable, filter: AuditFilter, limit: number): Promise<AuditRow[]> {
  const { rows } = await db.query(
    `select id::text, at, by, action, client_id, provisioning_id, detail, address from ledger.audit
     where ($1::text is null or by = $1)
       and ($2::text is null or action = $2)
       and ($3::text is null or client_id = $3)
       and ($4::timestamptz is null or at >= $4)
       and ($5::timestamptz is null or at < $5)
       and ($6::bigint is null or (at, id) < (select newer.at, newer.id from ledger.audit newer where newer.id = $6))
     order by at desc, audit.id desc limit $7`,
    [filter.by, filter.action, filter.clientId, filter.since, filter.until, filter.after, limit],
  );
  return z.array(auditRow).parse(rows);
}

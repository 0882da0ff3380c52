/** Reads what the ledger knows of objects that look like ours, and keeps the newest report of orphans. */
import { z } from 'zod';
import { provisioningStatuses, resourceStates, rollbackStatuses } from '../provisioning.ts';
import { recordAct, type Actor } from './audit.ts';
import { inTransaction, type Pool, type Queryable } from './pool.ts';
import { optional } from './rows.ts';

/** An object as the ledger would know it. */
export interface ObjectKey {
  readonly kind: string;
  /** The step that makes this kind. */
  readonly step: string;
  readonly externalId: string;
  readonly name: string;
  /** The provisioning that its mark names. */
  readonly provisioningId: string | undefined;
}

const knowledgeRow = z.object({
  /** The resource that one of our effects made. */
  owner: optional(z.object({ provisioningId: z.string(), state: z.enum(resourceStates) })),
  /** A provisioning that found it in its way, as somebody else's. */
  met_by: optional(z.string()),
  /** The provisioning that its mark names. */
  maker: optional(
    z.object({
      clientId: z.string(),
      status: z.enum(provisioningStatuses),
      rollback: z.enum(rollbackStatuses),
    }),
  ),
  /** The provisioning that its mark names has made another one of that kind. */
  has_another: z.boolean(),
  /** A creation whose outcome is not known yet may have made it. */
  is_in_doubt: z.boolean(),
});
export type Knowledge = z.infer<typeof knowledgeRow>;

/**
 * The facts that are known of each object, in the order given.
 *
 * Ask after the providers: an object that they show was intended here before it was made.
 */
export async function readKnowledge(db: Queryable, objects: readonly ObjectKey[]): Promise<Knowledge[]> {
  const { rows } = await db.query(
    `select
       case when owner.id is not null
         then jsonb_build_object('provisioningId', owner.provisioning_id, 'state', owner.state) end as owner,
       (select met.provisioning_id from ledger.resources met
        where met.origin = 'foreign' and met.kind = object.kind and met.external_id = object.external_id
        order by met.created_at desc limit 1) as met_by,
       case when maker.id is not null
         then jsonb_build_object('clientId', maker.client_id, 'status', maker.status,
                                 'rollback', maker.rollback_status) end as maker,
       exists (select 1 from ledger.resources other
               where other.origin = 'created' and other.kind = object.kind
                 and other.provisioning_id = object.provisioning_id
                 and other.external_id <> object.external_id) as has_another,
       exists (select 1 from ledger.resources pending
               where pending.external_id is null and pending.state in ('intended', 'unknown')
                 and pending.kind = object.kind and pending.name = object.name)
       or exists (select 1 from ledger.resources pending
                  where pending.external_id is null and pending.state in ('intended', 'unknown')
                    and pending.kind = object.kind and pending.provisioning_id = object.provisioning_id)
       or exists (select 1 from ledger.effects effect
                  join ledger.provisionings p on p.id = effect.provisioning_id
                  where effect.natural_key = object.name and effect.step = object.step
                    and effect.verb = 'create' and (effect.state = 'intended' or effect.doubts > 0)
                    and p.rollback_status not in ('completed', 'incomplete')
                    and not (p.status = 'succeeded' and p.rollback_status = 'none')) as is_in_doubt
     from jsonb_to_recordset($1::jsonb)
       as object(position int, kind text, step text, external_id text, name text, provisioning_id uuid)
     left join ledger.resources owner
       on owner.origin = 'created' and owner.kind = object.kind and owner.external_id = object.external_id
     left join ledger.provisionings maker on maker.id = object.provisioning_id
     order by object.position`,
    [
      JSON.stringify(
        objects.map((object, position) => ({
          position,
          kind: object.kind,
          step: object.step,
          external_id: object.externalId,
          name: object.name,
          provisioning_id: object.provisioningId,
        })),
      ),
    ],
  );
  return z.array(knowledgeRow).parse(rows);
}

/** The ledger's own time: no other clock decides how old something is. */
export async function readTime(db: Queryable): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>('select clock_timestamp() as now');
  return z.date().parse(rows[0]?.now);
}

const orphan = z.object({
  kind: z.string(),
  externalId: z.string(),
  name: z.string(),
  url: z.string().nullable(),
  createdAt: z.string().nullable(),
  evidence: z.enum(['mark', 'name']),
  provisioningId: z.string().nullable(),
  /** Further facts for the person who decides. */
  note: z.string().nullable(),
});
/** As the API shows it. */
export type Orphan = z.infer<typeof orphan>;

/** A kind whose list failed: nothing is known of its orphans. */
const listFailure = z.object({ kind: z.string(), message: z.string() });

const reportRow = z.object({
  checked_at: optional(z.date()),
  items: z.array(orphan),
  errors: z.array(listFailure),
});

export interface OrphanReport {
  /** Undefined: nobody has looked yet. */
  readonly checkedAt: Date | undefined;
  readonly items: readonly Orphan[];
  readonly errors: readonly z.infer<typeof listFailure>[];
}

/** Takes the look that is due, for that long. False: it is not due, or another worker has it. */
export async function claimOrphanScan(db: Queryable, forMs: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update ledger.orphan_report
     set due_at = clock_timestamp() + $1 * interval '1 ms', looking_until = clock_timestamp() + $1 * interval '1 ms'
     where due_at <= clock_timestamp()`,
    [forMs],
  );
  return rowCount === 1;
}

/** A look that was taken has failed: another one may be asked for at once. */
export async function giveUpOrphanScan(db: Queryable): Promise<void> {
  await db.query('update ledger.orphan_report set looking_until = null');
}

export interface AskedScan {
  /** The last look. Undefined: nobody has looked yet. */
  readonly checkedAt: Date | undefined;
  /** False: one was due or under way already. */
  readonly isNew: boolean;
}

/** Makes a look due now, unless one is due or under way. */
export async function askForOrphanScan(pool: Pool, actor: Actor): Promise<AskedScan> {
  return inTransaction(pool, async (db) => {
    const { rowCount } = await db.query(
      `update ledger.orphan_report set due_at = clock_timestamp()
       where due_at > clock_timestamp() and (looking_until is null or looking_until <= clock_timestamp())`,
    );
    const isNew = rowCount === 1;
    if (isNew) await recordAct(db, actor, { action: 'looked-for-orphans' });
    return { checkedAt: (await readOrphanReport(db)).checkedAt, isNew };
  });
}

/** Keeps a report in the place of the one before. */
export async function storeOrphanReport(
  db: Queryable,
  report: OrphanReport,
  nextInMs: number,
): Promise<void> {
  await db.query(
    `update ledger.orphan_report
     set checked_at = $1, items = $2, errors = $3, due_at = clock_timestamp() + $4 * interval '1 ms',
         looking_until = null`,
    [report.checkedAt, JSON.stringify(report.items), JSON.stringify(report.errors), nextInMs],
  );
}

export async function readOrphanReport(db: Queryable): Promise<OrphanReport> {
  const { rows } = await db.query('select checked_at, items, errors from ledger.orphan_report');
  const { checked_at: checkedAt, items, errors } = reportRow.parse(rows[0]);
  return { checkedAt, items, errors };
}

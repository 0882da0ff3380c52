/** Accepting, reading and listing provisionings. */
import { z } from 'zod';
import { passCrashPoint } from '../crash-points.ts';
import type { ProvisioningStatus, Tier } from '../provisioning.ts';
import { storeAnswer, takeKey, type IdempotencyKey, type KeyUse, type StoredAnswer } from './idempotency.ts';
import { ungrouped, type Transitions } from './group-commit.ts';
import { inTransaction, violates, type Pool, type Queryable } from './pool.ts';
import {
  provisioningRow,
  resourceRow,
  snapshotSchema,
  stepRow,
  type ResourceRow,
  type Snapshot,
} from './rows.ts';

export interface NewProvisioning {
  readonly id: string;
  /** The caller who asks for it, and from where. */
  readonly by: string;
  readonly address?: string | undefined;
  readonly clientId: string;
  readonly clientName: string;
  readonly orgEmail: string;
  readonly tier: Tier;
  readonly callbackUrl: string | undefined;
  readonly onFailure: 'rollback' | 'pause';
  readonly stepNames: readonly string[];
  /** The W3C traceparent of the request. Undefined: nobody traces it. */
  readonly traceParent?: string | undefined;
  /** If nobody has claimed it by then, the sweeper enqueues it. */
  readonly sweepAfterMs: number;
  /** The answer to this request is kept under its key, by the same commit. */
  readonly idempotency?:
    | { readonly key: IdempotencyKey; readonly answerFor: (accepted: Snapshot) => StoredAnswer }
    | undefined;
}

/** The client's place is taken by that provisioning. */
export interface PlaceTaken {
  readonly takenBy: string;
  readonly hasSucceeded: boolean;
}

/** The key of the request was seen before. */
export interface KeyUsed {
  readonly keyUse: Exclude<KeyUse, { is: 'new' }>;
}

/**
 * Commits a provisioning with its steps, or says who holds the client's place or what its key was used for.
 * `transitions`: the way for an order without a key.
 */
export async function acceptProvisioning(
  pool: Pool,
  order: NewProvisioning,
  transitions: Transitions = ungrouped(pool),
): Promise<Snapshot | PlaceTaken | KeyUsed> {
  // A holder that goes away between the two statements leaves the place free: try again.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      const { idempotency } = order;
      return await (idempotency === undefined
        ? insert(transitions, order)
        : insertUnderKey(pool, order, idempotency));
    } catch (error) {
      if (!violates(error, 'provisionings_one_per_client')) throw error;
    }
    const taken = await readPlace(pool, order.clientId);
    if (taken !== undefined) return taken;
  }
  throw new Error(`the place of client ${order.clientId} keeps changing hands`);
}

/** The provisioning that holds a client's place. Undefined: the place is free. */
export async function readPlace(db: Queryable, clientId: string): Promise<PlaceTaken | undefined> {
  const { rows } = await db.query<{ id: string; has_succeeded: boolean }>(
    `select id, status = 'succeeded' and rollback_status = 'none' as has_succeeded
     from ledger.provisionings where client_id = $1 and rollback_status <> 'completed'`,
    [clientId],
  );
  const [holder] = rows;
  return holder && { takenBy: holder.id, hasSucceeded: holder.has_succeeded };
}

function insertUnderKey(
  pool: Pool,
  order: NewProvisioning,
  { key, answerFor }: NonNullable<NewProvisioning['idempotency']>,
): Promise<Snapshot | KeyUsed> {
  return inTransaction(
    pool,
    async (db) => {
      const keyUse = await takeKey(db, key);
      if (keyUse.is !== 'new') return { keyUse };
      const { rows } = await db.query<Accepted>(acceptStatement(order));
      const accepted = snapshotSchema.parse(rows[0]?.snapshot);
      await storeAnswer(db, key, answerFor(accepted));
      return accepted;
    },
    () => passCrashPoint('accept-sent'),
  );
}

async function insert(transitions: Transitions, order: NewProvisioning): Promise<Snapshot> {
  const row = await transitions.send({
    ...acceptStatement(order),
    kind: 'accept',
    provisioningId: order.id,
    columns: ['snapshot'],
    onSent: () => passCrashPoint('accept-sent'),
  });
  return snapshotSchema.parse(row['snapshot']);
}

interface Accepted {
  readonly snapshot: unknown;
}

function acceptStatement(order: NewProvisioning) {
  return {
    name: 'accept',
    text: 'select ledger.accept($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as snapshot',
    values: [
      order.id,
      order.clientId,
      order.clientName,
      order.orgEmail,
      order.tier,
      order.callbackUrl,
      order.onFailure,
      order.stepNames,
      order.sweepAfterMs,
      order.traceParent,
      order.by,
      order.address,
    ],
  };
}

/** A provisioning with its steps. Undefined: there is none of that id. */
export async function readSnapshot(db: Queryable, id: string): Promise<Snapshot | undefined> {
  const { rows } = await db.query<{ snapshot: unknown }>({
    name: 'snapshot',
    text: 'select ledger.snapshot($1) as snapshot',
    values: [id],
  });
  return rows[0]?.snapshot == null ? undefined : snapshotSchema.parse(rows[0].snapshot);
}

/** A provisioning with everything at the providers that it made or met, oldest first. */
export interface FullSnapshot extends Snapshot {
  readonly resources: readonly ResourceRow[];
}

/** The same of several, in the order of their ids as given. */
export async function readFullSnapshots(db: Queryable, ids: readonly string[]): Promise<FullSnapshot[]> {
  const select = async <T>(sql: string, row: z.ZodType<T>) =>
    z.array(row).parse((await db.query(sql, [ids])).rows);
  const provisionings = await select(
    'select * from ledger.provisionings where id = any($1)',
    provisioningRow,
  );
  const steps = await select(
    'select * from ledger.steps where provisioning_id = any($1) order by direction, position',
    stepRow,
  );
  const resources = await select(
    'select * from ledger.resources where provisioning_id = any($1) order by created_at, id',
    resourceRow,
  );
  return ids.flatMap((id) => {
    const provisioning = provisionings.find((row) => row.id === id);
    if (provisioning === undefined) return [];
    const isOfIt = (row: { provisioning_id: string }) => row.provisioning_id === id;
    return [{ provisioning, steps: steps.filter(isOfIt), resources: resources.filter(isOfIt) }];
  });
}

export interface ListFilter {
  readonly status?: ProvisioningStatus | undefined;
  readonly clientId?: string | undefined;
  readonly needsAttention?: boolean | undefined;
  /** Only what is older than this one. */
  readonly after?: { readonly createdAt: string; readonly id: string } | undefined;
  readonly limit: number;
}

/** Newest first. `createdAt` of the last one, in microseconds, and its id make the next page's `after`. */
export async function listProvisionings(
  db: Queryable,
  filter: ListFilter,
): Promise<{ id: string; createdAt: string }[]> {
  const { rows } = await db.query<{ id: string; created_at: string }>(
    `select id, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at
     from ledger.provisionings
     where ($1::text is null or status = $1)
       and ($2::text is null or client_id = $2)
       and ($3::boolean is null or (status = 'paused' or rollback_status = 'incomplete') = $3)
       and ($4::timestamptz is null or (provisionings.created_at, id) < ($4::timestamptz, $5::uuid))
     order by provisionings.created_at desc, id desc limit $6`,
    [
      filter.status,
      filter.clientId,
      filter.needsAttention,
      filter.after?.createdAt,
      filter.after?.id,
      filter.limit,
    ],
  );
  return rows.map((row) => ({ id: row.id, createdAt: row.created_at }));
}

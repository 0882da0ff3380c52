/**
 * Who may write: the holder of the newest epoch, until its lease is over by the database's clock.
 *
 * The queue's own locks are no fence: two workers can hold one job when the queue's server stalls.
 */
import { LeaseLost } from '../errors.ts';
import { inTransaction, type Pool, type Queryable } from './pool.ts';
import { readSnapshot } from './provisionings.ts';
import type { Snapshot } from './rows.ts';

export interface Claim {
  readonly provisioningId: string;
  readonly epoch: number;
  readonly snapshot: Snapshot;
}

export type ClaimResult =
  | { readonly is: 'claimed'; readonly claim: Claim }
  /** Another worker holds it. */
  | { readonly is: 'busy'; readonly retryInMs: number }
  /** The job belongs to an older flow, or there is nothing left to do. */
  | { readonly is: 'superseded' };

export interface ClaimRequest {
  readonly provisioningId: string;
  /** The number of the flow that the job belongs to. */
  readonly flow: number;
  readonly leaseMs: number;
  readonly holder: string;
  /** The sweeper looks again when the lease is over by that much. */
  readonly graceMs: number;
}

export async function claimProvisioning(pool: Pool, request: ClaimRequest): Promise<ClaimResult> {
  return inTransaction(pool, async (db) => {
    const { rows } = await db.query<{ epoch: string }>(
      `update ledger.provisionings
       set epoch = epoch + 1, lease_holder = $4,
           lease_until = clock_timestamp() + $3 * interval '1 ms',
           sweep_at = clock_timestamp() + ($3 + $5) * interval '1 ms'
       where id = $1 and flow = $2 and sweep_at is not null
         and (lease_until is null or lease_until <= clock_timestamp())
       returning epoch`,
      [request.provisioningId, request.flow, request.leaseMs, request.holder, request.graceMs],
    );
    if (rows[0] === undefined) return whyNot(db, request);
    const snapshot = await readSnapshot(db, request.provisioningId);
    if (snapshot === undefined) return { is: 'superseded' };
    return {
      is: 'claimed',
      claim: { provisioningId: request.provisioningId, epoch: Number(rows[0].epoch), snapshot },
    };
  });
}

async function whyNot(db: Queryable, request: ClaimRequest): Promise<ClaimResult> {
  const { rows } = await db.query<{ retry_in_ms: number }>(
    `select ceil(greatest(coalesce(extract(epoch from lease_until - clock_timestamp()) * 1000, 0), 0))::int
       as retry_in_ms
     from ledger.provisionings where id = $1 and flow = $2 and sweep_at is not null`,
    [request.provisioningId, request.flow],
  );
  return rows[0] === undefined
    ? { is: 'superseded' }
    : { is: 'busy', retryInMs: Math.max(50, rows[0].retry_in_ms) };
}

/** Extends the lease. Throws LeaseLost when it is over, or taken by another. */
export async function renewLease(
  db: Queryable,
  claim: Pick<Claim, 'provisioningId' | 'epoch'>,
  leaseMs: number,
  graceMs: number,
): Promise<void> {
  const { rowCount } = await db.query(
    `update ledger.provisionings
     set lease_until = greatest(lease_until, clock_timestamp() + $3 * interval '1 ms'),
         sweep_at = clock_timestamp() + ($3 + $4) * interval '1 ms'
     where id = $1 and epoch = $2 and lease_until > clock_timestamp()`,
    [claim.provisioningId, claim.epoch, leaseMs, graceMs],
  );
  if (rowCount !== 1) throw new LeaseLost(claim.provisioningId);
}

/** Runs one transaction that only the holder of the lease may commit. Throws LeaseLost, and changes nothing. */
export async function withFence<T>(
  pool: Pool,
  claim: Pick<Claim, 'provisioningId' | 'epoch'>,
  work: (db: Queryable) => Promise<T>,
): Promise<T> {
  return inTransaction(pool, async (db) => {
    const { rowCount } = await db.query(
      `select 1 from ledger.provisionings
       where id = $1 and epoch = $2 and lease_until > clock_timestamp() for update`,
      [claim.provisioningId, claim.epoch],
    );
    if (rowCount !== 1) throw new LeaseLost(claim.provisioningId);
    return work(db);
  });
}

/** Gives the provisioning back; the sweeper looks after it if nobody takes it within that time. */
export async function releaseLease(
  db: Queryable,
  provisioningId: string,
  sweepAfterMs: number,
): Promise<void> {
  await db.query(
    `update ledger.provisionings
     set lease_until = null, lease_holder = null,
         sweep_at = case when sweep_at is null then null else clock_timestamp() + $2 * interval '1 ms' end
     where id = $1`,
    [provisioningId, sweepAfterMs],
  );
}

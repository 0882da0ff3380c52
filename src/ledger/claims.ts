/**
 * Decides who may write: the holder of the newest epoch, until its lease is over by the database's clock.
 *
 * The queue's own locks are no fence: two workers can hold one job when the queue's server stalls.
 */
import { LeaseLost } from '../errors.ts';
import type { ProvisioningStatus } from '../provisioning.ts';
import { inTransaction, type Pool, type Queryable } from './pool.ts';
import { readSnapshot } from './provisionings.ts';
import type { Snapshot } from './rows.ts';

/** After that many claims in a row that nobody gave back, a provisioning has to rest before the next. */
export const manyClaims = 5;

export interface Claim {
  readonly provisioningId: string;
  readonly epoch: number;
  readonly snapshot: Snapshot;
  /** How many claims before this one, without a break, nobody gave back. */
  readonly unreturned: number;
}

export type ClaimResult =
  | { readonly is: 'claimed'; readonly claim: Claim }
  /** Another worker holds it, or it has to rest after claims that nobody gave back. */
  | { readonly is: 'busy'; readonly retryInMs: number }
  /** The job belongs to an older flow, or there is nothing left to do. */
  | { readonly is: 'superseded' }
  /** The provisioning was accepted with steps that this worker does not have. */
  | { readonly is: 'unknown-steps'; readonly names: readonly string[] };

export interface ClaimRequest {
  readonly provisioningId: string;
  /** The number of the flow that the job belongs to. */
  readonly flow: number;
  readonly leaseMs: number;
  readonly holder: string;
  /** The sweeper looks again when the lease is over by that much. */
  readonly graceMs: number;
  /** The steps that this worker has. */
  readonly stepNames: readonly string[];
}

/**
 * The time that the next claim has to wait when this one is not given back, in ms (`$3` is the time of a lease): nothing at
 * first, since workers are killed for reasons of their own; then twice as long each time, up to a minute, so that what
 * takes its worker down does so rarely.
 */
const restMs = `case when unreturned_claims >= ${manyClaims} then
  least(power(2, least(unreturned_claims, 20) - ${manyClaims}) * $3 / 16, 60000) end`;

/** Takes a provisioning for a worker, under a new epoch, unless another one holds it. */
export async function claimProvisioning(pool: Pool, request: ClaimRequest): Promise<ClaimResult> {
  return inTransaction(pool, async (db) => {
    const { rows } = await db.query<{ epoch: string; unreturned: number }>(
      `update ledger.provisionings
       set epoch = epoch + 1, lease_holder = $4,
           lease_until = clock_timestamp() + $3 * interval '1 ms',
           sweep_at = clock_timestamp() + ($3 + $5) * interval '1 ms',
           unreturned_claims = unreturned_claims + 1,
           next_claim_at = clock_timestamp() + ${restMs} * interval '1 ms'
       where id = $1 and flow = $2 and sweep_at is not null
         and (lease_until is null or lease_until <= clock_timestamp())
         and (next_claim_at is null or next_claim_at <= clock_timestamp())
         and step_names <@ $6
       returning epoch, unreturned_claims - 1 as unreturned`,
      [
        request.provisioningId,
        request.flow,
        request.leaseMs,
        request.holder,
        request.graceMs,
        request.stepNames,
      ],
    );
    if (rows[0] === undefined) return whyNot(db, request);
    const snapshot = await readSnapshot(db, request.provisioningId);
    if (snapshot === undefined) return { is: 'superseded' };
    return {
      is: 'claimed',
      claim: {
        provisioningId: request.provisioningId,
        epoch: Number(rows[0].epoch),
        snapshot,
        unreturned: rows[0].unreturned,
      },
    };
  });
}

async function whyNot(db: Queryable, request: ClaimRequest): Promise<ClaimResult> {
  const { rows } = await db.query<{ unknown: string[]; is_free: boolean; retry_in_ms: number }>(
    `select array(select unnest(step_names) except select unnest($3::text[])) as unknown,
       lease_until is null or lease_until <= clock_timestamp() as is_free,
       ceil(greatest(extract(epoch from greatest(lease_until, next_claim_at) - clock_timestamp()) * 1000, 50))::int
         as retry_in_ms
     from ledger.provisionings where id = $1 and flow = $2 and sweep_at is not null`,
    [request.provisioningId, request.flow, request.stepNames],
  );
  const [row] = rows;
  if (row === undefined) return { is: 'superseded' };
  if (!row.is_free) return { is: 'busy', retryInMs: row.retry_in_ms };
  const isUnknown = row.unknown.length > 0;
  // The job is there and comes again: the sweeper need not build it a second time meanwhile.
  const delayMs = 2 * request.graceMs + (isUnknown ? 0 : row.retry_in_ms);
  await db.query(
    `update ledger.provisionings set sweep_at = greatest(sweep_at, clock_timestamp() + $3 * interval '1 ms')
     where id = $1 and flow = $2 and sweep_at is not null`,
    [request.provisioningId, request.flow, delayMs],
  );
  return isUnknown ? { is: 'unknown-steps', names: row.unknown } : { is: 'busy', retryInMs: row.retry_in_ms };
}

/** Extends the lease, and says in which state the provisioning is. Throws LeaseLost when it is over, or taken. */
export async function renewLease(
  db: Queryable,
  claim: Pick<Claim, 'provisioningId' | 'epoch'>,
  leaseMs: number,
  graceMs: number,
): Promise<ProvisioningStatus> {
  const { rows } = await db.query<{ status: ProvisioningStatus }>(
    `update ledger.provisionings
     set lease_until = greatest(lease_until, clock_timestamp() + $3 * interval '1 ms'),
         sweep_at = clock_timestamp() + ($3 + $4) * interval '1 ms'
     where id = $1 and epoch = $2 and lease_until > clock_timestamp() returning status`,
    [claim.provisioningId, claim.epoch, leaseMs, graceMs],
  );
  if (rows[0] === undefined) throw new LeaseLost(claim.provisioningId);
  return rows[0].status;
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

/**
 * A worker gives its claim back and hands the work to a job. If the worker dies right after that, the sweeper must know
 * which one it was, so the holder stays.
 */
export const handedOn = `lease_until = null, unreturned_claims = 0, next_claim_at = null`;

/** A worker gives its claim back, and no job follows at once. */
export const givenBack = `${handedOn}, lease_holder = null`;

/**
 * Gives the provisioning back; the sweeper looks after it if nobody takes it within that time, and at once where a
 * rollback is to begin, or where the worker dies that has handed it on.
 */
export async function releaseLease(
  db: Queryable,
  provisioningId: string,
  sweepAfterMs: number,
  isHandedOn = true,
): Promise<void> {
  await db.query(
    `update ledger.provisionings
     set ${handedOn}, lease_holder = case when $3 then lease_holder end,
         sweep_at = case when sweep_at is null then null
           when rollback_status = 'pending' then clock_timestamp()
           else clock_timestamp() + $2 * interval '1 ms' end
     where id = $1`,
    [provisioningId, sweepAfterMs, isHandedOn],
  );
}

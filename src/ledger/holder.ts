/**
 * Writes of the holder of a lease: each carries its epoch, and is refused once the lease is over or taken, by the
 * database's clock.
 */
import pg from 'pg';
import { LeaseLost, WasCancelled } from '../errors.ts';
import type { Direction, Failure, ProvisioningStatus } from '../provisioning.ts';
import type { z } from 'zod';
import { nextAnswer, type Claim } from './claims.ts';
import type { Transitions } from './group-commit.ts';
import { composeStatement, type NewEvent, type Part } from './parts.ts';
import { inTransaction, type Pool, type Queryable } from './pool.ts';

/** The holder of a lease, by its provisioning and epoch. */
export interface Holder extends Pick<Claim, 'provisioningId' | 'epoch'> {
  /** The lease only begins with this: what was handed on to this epoch is taken up. Default: it has begun. */
  readonly takesUp?: boolean;
}

/**
 * Extends the lease, or takes it up, and says in which state the provisioning is. Throws LeaseLost when it is over, or
 * taken.
 */
export async function renewLease(db: Queryable, claim: Holder, leaseMs: number): Promise<ProvisioningStatus> {
  const { rows } = await db.query<{ status: ProvisioningStatus }>(
    `update ledger.provisionings
     set lease_until = greatest(lease_until, clock_timestamp() + $3 * interval '1 ms')
     where id = $1 and epoch = $2 and (lease_until > clock_timestamp()
       or ($4 and lease_until is null and lease_holder is not null)) returning status`,
    [claim.provisioningId, claim.epoch, leaseMs, claim.takesUp ?? false],
  );
  if (rows[0] === undefined) throw new LeaseLost(claim.provisioningId);
  return rows[0].status;
}

/** How a lease ends, and with it what the worker was about to do: each is a row of the table in `ledger.hold`. */
export type LeaseEnd =
  | {
      readonly as: 'given-back' | 'next-flow';
      /** The sweeper looks after it if nobody has taken it by then; at once where a rollback is to begin. */
      readonly sweepAfterMs: number;
    }
  | {
      readonly as: 'handed-on';
      readonly sweepAfterMs: number;
      /** The job that follows, where its claim is wanted. */
      readonly next?: NextJob;
    }
  | { readonly as: 'succeeded'; readonly callback: Part | undefined }
  | { readonly as: 'paused'; readonly callback: Part | undefined; readonly failure: NewFailure }
  | {
      readonly as: 'failed';
      readonly callback: Part | undefined;
      readonly failure: NewFailure;
      readonly sweepAfterMs: number;
    };

/** The job after that of a step. */
export interface NextJob {
  readonly direction: Direction;
  /** The step that has ended. */
  readonly endedPosition: number;
  /** The step that begins. Undefined: none is left, the root job follows. */
  readonly position: number | undefined;
}

/** The outcome of a write. */
export interface Written {
  /** The row of each part that returns one. */
  readonly rows: readonly unknown[];
  /** What was handed on, under a new epoch. Undefined: the job that follows has to claim for itself. */
  readonly next: z.output<typeof nextAnswer> | undefined;
}

/** Why a step failed for good. `providerText`: for operators only, so it goes into no event. */
export type NewFailure = Failure & { readonly providerText?: string | undefined };

export interface HolderWrite {
  readonly parts: readonly Part[];
  /** After those of the parts. */
  readonly events?: readonly NewEvent[];
  /** The lease is to last for at least that long from then on. */
  readonly leaseMs?: number;
  /** Refused with WasCancelled once the provisioning is: what is written begins a call. */
  readonly isGate?: boolean | undefined;
  readonly ending?: LeaseEnd;
}

/**
 * Writes parts in one statement that only the holder of the lease may commit. Throws LeaseLost, and changes nothing.
 * `onSent` is told when the statement has left.
 */
export async function writeAsHolder(
  transitions: Transitions,
  claim: Holder,
  write: HolderWrite,
  onSent?: () => void,
): Promise<Written> {
  const { leaseMs, isGate = false, ending } = write;
  const { callback, failure, sweepAfterMs, next } = {
    callback: undefined,
    failure: undefined,
    sweepAfterMs: undefined,
    next: undefined,
    ...ending,
  };
  const { providerText, ...shown } = failure ?? {};
  const parts = callback === undefined ? write.parts : [...write.parts, callback];
  const events = [...parts.flatMap((part) => part.events ?? []), ...(write.events ?? [])];
  const statement = composeStatement(
    {
      call: 'ledger.hold($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)',
      values: [
        claim.provisioningId,
        claim.epoch,
        claim.takesUp ?? false,
        isGate,
        leaseMs,
        ending?.as,
        sweepAfterMs,
        events.map(({ type }) => type),
        events.map(({ data }) => JSON.stringify(data)),
        callback === undefined ? 0 : 1,
        failure === undefined ? undefined : JSON.stringify(shown),
        providerText,
        next?.direction,
        next?.position,
        next?.endedPosition,
      ],
    },
    parts,
  );
  const kind = write.isGate === undefined ? 'record' : 'intent';
  const sent = transitions.send({ ...statement, kind, provisioningId: claim.provisioningId, onSent });
  const row = await sent.catch((error: unknown) => {
    throw refusalOf(error, claim.provisioningId) ?? error;
  });
  const told = row['fence'];
  return {
    rows: parts.map((_, index) => row[`row${index}`]),
    next: told == null ? undefined : nextAnswer.parse(told),
  };
}

/** Undefined: the fence has let it pass. */
function refusalOf(error: unknown, provisioningId: string): Error | undefined {
  if (!(error instanceof pg.DatabaseError)) return undefined;
  if (error.code === 'LEASE') return new LeaseLost(provisioningId, { cause: error });
  if (error.code === 'GATED') return new WasCancelled(provisioningId, { cause: error });
  return undefined;
}

/** Runs one transaction that only the holder of the lease may commit. Throws LeaseLost, and changes nothing. */
export async function withFence<T>(
  pool: Pool,
  claim: Holder,
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

/** The columns of a provisioning that a worker gives back within a transaction. */
const handedOn = `lease_until = null, unreturned_claims = 0, next_claim_at = null`;
export const givenBack = `${handedOn}, lease_holder = null`;

/** Hands the provisioning on, within a fenced transaction. */
export async function releaseLease(
  db: Queryable,
  provisioningId: string,
  sweepAfterMs: number,
): Promise<void> {
  await db.query(
    `update ledger.provisionings
     set ${handedOn},
         sweep_at = case when sweep_at is null then null
           when rollback_status = 'pending' then clock_timestamp()
           else clock_timestamp() + $2 * interval '1 ms' end
     where id = $1`,
    [provisioningId, sweepAfterMs],
  );
}

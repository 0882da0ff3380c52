/**
 * Decides who may write: the holder of the newest epoch, until its lease is over by the database's clock.
 *
 * The queue's own locks are no fence: two workers can hold one job when the queue's server stalls.
 */
import pg from 'pg';
import { z } from 'zod';
import { LeaseLost, WasCancelled } from '../errors.ts';
import type { Direction, Failure, ProvisioningStatus } from '../provisioning.ts';
import type { Transitions } from './group-commit.ts';
import { composeStatement, type NewEvent, type Part } from './parts.ts';
import { inTransaction, type Pool, type Queryable } from './pool.ts';
import { optional, partOfStep, snapshotSchema, type PartOfStep, type Snapshot } from './rows.ts';

/** After that many claims in a row that nobody gave back, a provisioning has to rest before the next. */
export const manyClaims = 5;

export interface Claim {
  readonly provisioningId: string;
  readonly epoch: number;
  /** When that was, by the database's clock. */
  readonly at: Date;
  readonly snapshot: Snapshot;
  /** How many claims before this one, without a break, nobody gave back. */
  readonly unreturned: number;
  /** The step of the job, begun. Undefined: the job is of no step, or it is not that step's turn. */
  readonly begun: BegunStep | undefined;
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
  /** The step that the job is of. */
  readonly step?: { readonly direction: Direction; readonly position: number };
  readonly leaseMs: number;
  readonly holder: string;
  /** The sweeper leaves it alone for twice that long where this worker cannot take it. */
  readonly graceMs: number;
  /** The steps that this worker has. */
  readonly stepNames: readonly string[];
}

/** Where a step stands as it begins, by the database's clock. */
export interface StepProgress {
  readonly attempts: number;
  /** How often it was begun again after a worker was killed, stopped or cut off. */
  readonly interruptions: number;
  /** The wait that this look ends. Undefined: this is a new attempt. */
  readonly wait: WaitSoFar | undefined;
}

/** The waits of a step in a row, by the database's clock. */
export interface WaitSoFar {
  /** The newest, and how often it was looked for in vain. */
  readonly waitingFor: string;
  readonly looks: number;
  /** How long the newest has lasted. */
  readonly presentMs: number;
  /** How long all of them took, without those for a provider that was away. */
  readonly waitedMs: number;
  /** How long those for a provider that was away took. */
  readonly awayMs: number;
}

/** A step that was just begun. */
export interface BegunStep extends StepProgress {
  /** How long ago it began for the first time. */
  readonly begunMsAgo: number;
  readonly part: PartOfStep;
}

const begunStep = z
  .object({
    attempts: z.number(),
    interruptions: z.number(),
    begunMsAgo: z.number(),
    waitingFor: optional(z.string()),
    looks: z.number(),
    presentMs: optional(z.number()),
    waitedMs: optional(z.number()),
    awayMs: z.number(),
    part: optional(partOfStep),
  })
  .transform(({ attempts, interruptions, begunMsAgo, part, ...wait }): BegunStep => {
    const { waitingFor, looks, presentMs = 0, waitedMs = 0, awayMs } = wait;
    return {
      attempts,
      interruptions,
      begunMsAgo,
      part: part ?? { output: {}, effects: [], resources: [] },
      wait:
        waitingFor === undefined
          ? undefined
          : { waitingFor, looks, presentMs, waitedMs: Math.max(0, waitedMs - awayMs), awayMs },
    };
  });

const claimAnswer = z.discriminatedUnion('is', [
  z.object({ is: z.literal('superseded') }),
  z.object({ is: z.literal('busy'), retryInMs: z.number() }),
  z.object({ is: z.literal('unknown-steps'), names: z.array(z.string()) }),
  z.object({
    is: z.literal('claimed'),
    epoch: z.number(),
    unreturned: z.number(),
    at: z.coerce.date(),
    snapshot: snapshotSchema,
    begun: optional(begunStep),
  }),
]);

/** Takes a provisioning for a worker under a new epoch, and begins the step of its job if it is that step's turn. */
export async function claimProvisioning(
  transitions: Transitions,
  request: ClaimRequest,
): Promise<ClaimResult> {
  const { provisioningId } = request;
  const row = await transitions.send({
    kind: 'claim',
    provisioningId,
    columns: ['answer'],
    name: 'claim',
    text: 'select ledger.claim($1, $2, $3, $4, $5, $6, $7, $8, $9) as answer',
    values: [
      provisioningId,
      request.flow,
      request.step?.direction,
      request.step?.position,
      request.holder,
      request.leaseMs,
      request.graceMs,
      request.stepNames,
      manyClaims,
    ],
  });
  const answer = claimAnswer.parse(row['answer']);
  if (answer.is !== 'claimed') return answer;
  const { is, ...claim } = answer;
  return { is, claim: { provisioningId, ...claim } };
}

/** Extends the lease, and says in which state the provisioning is. Throws LeaseLost when it is over, or taken. */
export async function renewLease(
  db: Queryable,
  claim: Pick<Claim, 'provisioningId' | 'epoch'>,
  leaseMs: number,
): Promise<ProvisioningStatus> {
  const { rows } = await db.query<{ status: ProvisioningStatus }>(
    `update ledger.provisionings
     set lease_until = greatest(lease_until, clock_timestamp() + $3 * interval '1 ms')
     where id = $1 and epoch = $2 and lease_until > clock_timestamp() returning status`,
    [claim.provisioningId, claim.epoch, leaseMs],
  );
  if (rows[0] === undefined) throw new LeaseLost(claim.provisioningId);
  return rows[0].status;
}

/** How a lease ends, and with it what the worker was about to do: each is a row of the table in `ledger.hold`. */
export type LeaseEnd =
  | {
      readonly as: 'handed-on' | 'given-back' | 'next-flow';
      /** The sweeper looks after it if nobody has taken it by then; at once where a rollback is to begin. */
      readonly sweepAfterMs: number;
    }
  | { readonly as: 'succeeded'; readonly callback: Part | undefined }
  | { readonly as: 'paused'; readonly callback: Part | undefined; readonly failure: NewFailure }
  | {
      readonly as: 'failed';
      readonly callback: Part | undefined;
      readonly failure: NewFailure;
      readonly sweepAfterMs: number;
    };

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
 * Writes parts in one statement that only the holder of the lease may commit, and returns the row of each that returns
 * one. Throws LeaseLost, and changes nothing. `onSent` is told when the statement has left.
 */
export async function writeAsHolder(
  transitions: Transitions,
  claim: Pick<Claim, 'provisioningId' | 'epoch'>,
  write: HolderWrite,
  onSent?: () => void,
): Promise<unknown[]> {
  const { leaseMs, isGate = false, ending } = write;
  const { callback, failure, sweepAfterMs } = {
    callback: undefined,
    failure: undefined,
    sweepAfterMs: undefined,
    ...ending,
  };
  const { providerText, ...shown } = failure ?? {};
  const parts = callback === undefined ? write.parts : [...write.parts, callback];
  const events = [...parts.flatMap((part) => part.events ?? []), ...(write.events ?? [])];
  const statement = composeStatement(
    {
      call: 'ledger.hold($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
      values: [
        claim.provisioningId,
        claim.epoch,
        isGate,
        leaseMs,
        ending?.as,
        sweepAfterMs,
        events.map(({ type }) => type),
        events.map(({ data }) => JSON.stringify(data)),
        callback === undefined ? 0 : 1,
        failure === undefined ? undefined : JSON.stringify(shown),
        providerText,
      ],
    },
    parts,
  );
  const kind = write.isGate === undefined ? 'record' : 'intent';
  const sent = transitions.send({ ...statement, kind, provisioningId: claim.provisioningId, onSent });
  const row = await sent.catch((error: unknown) => {
    throw refusalOf(error, claim.provisioningId) ?? error;
  });
  return parts.map((_, index) => row[`row${index}`]);
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

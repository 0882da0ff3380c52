/**
 * Decides who may write: the holder of the newest epoch, until its lease is over by the database's clock (`holder.ts`).
 *
 * The queue's own locks are no fence: two workers can hold one job when the queue's server stalls.
 */
import { z } from 'zod';
import type { Direction } from '../provisioning.ts';
import type { Transitions } from './group-commit.ts';
import {
  optional,
  partOfStep,
  provisioningRow,
  snapshotSchema,
  stepRow,
  type PartOfStep,
  type Snapshot,
} from './rows.ts';

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

/** The answer of `ledger.hold` about the job that follows. */
export const nextAnswer = z.object({
  epoch: z.number(),
  at: z.coerce.date(),
  provisioning: provisioningRow,
  step: optional(stepRow),
  begun: optional(begunStep),
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

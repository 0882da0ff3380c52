/** Decides whether an orphan may be deleted: a pure function of what was asked for and what is known. */
import type { OrphanCandidate } from '../steps/step.ts';
import type { Standing } from './standing.ts';

export interface DeletionRequest {
  readonly kind: string;
  readonly externalId: string;
  /** Its name, typed out. */
  readonly confirmedName: string;
  /** The least age. */
  readonly olderThanHours: number;
  /** Typed out by whoever knows that it is ours although only its name says so. */
  readonly isByNameOnly: boolean;
  readonly requestedBy: string;
}

/** Undefined: it may. Else why not, for the person who asked. */
export function refusalOf(
  request: DeletionRequest,
  candidate: OrphanCandidate,
  standing: Standing,
  now: Date,
): string | undefined {
  if (candidate.name !== request.confirmedName)
    return `it is named "${candidate.name}", which is not what --confirm says`;
  if (standing.is === 'owned') return 'a provisioning owns it: roll that back instead';
  if (standing.is === 'in-doubt')
    return 'a provisioning that has not ended, or whose rollback is incomplete, may have made it: let that end first';
  if (candidate.createdAt === undefined) return 'the provider does not say how old it is';
  const ageHours = (now.getTime() - candidate.createdAt.getTime()) / 3_600_000;
  if (!(ageHours >= request.olderThanHours))
    return `it is ${ageHours.toFixed(1)} hours old, and must be older than ${request.olderThanHours}`;
  const { doubt } = standing;
  if (doubt !== undefined && !request.isByNameOnly)
    return `${doubt.claim.toUpperCase()}: ${doubt.risk}. Look at it, and add --by-name-only if you know better`;
  return undefined;
}

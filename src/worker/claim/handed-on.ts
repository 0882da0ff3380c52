/**
 * The claims that this process has handed on to jobs that follow: a job that comes to the same process need not ask the
 * ledger for what the one before it was told.
 *
 * They are a hint. Others may claim all of them at any time, and the fence then refuses the first write of whoever takes
 * one up here.
 */
import type { Claim } from '../../ledger/claims.ts';
import { rootJobId, stepJobId, type RootJobData } from '../../queue/flows.ts';

/** The job of a step, or the root job of a flow. */
export type ClaimedBy = RootJobData & { readonly position?: number | undefined };

export interface HandedOn {
  add(job: ClaimedBy, claim: Claim): void;
  /** The claim of that job, once. Undefined: there is none. */
  take(job: ClaimedBy): Claim | undefined;
}

/** Jobs that others have taken leave their claims here: the oldest make room. */
const mostKept = 200;

/** `presence`: they are void once others may take this process for dead. */
export function keepHandedOn(presence: { signal(): AbortSignal }): HandedOn {
  const kept = new Map<string, { readonly claim: Claim; readonly presenceLost: AbortSignal }>();
  return {
    add(job, claim) {
      const [oldest] = kept.keys();
      if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
      kept.set(idOf(job), { claim, presenceLost: presence.signal() });
    },
    take(job) {
      const id = idOf(job);
      const found = kept.get(id);
      kept.delete(id);
      return found === undefined || found.presenceLost.aborted ? undefined : found.claim;
    },
  };
}

function idOf(job: ClaimedBy): string {
  return job.position === undefined ? rootJobId(job) : stepJobId(job, job.position);
}

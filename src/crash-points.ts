/**
 * The moments at which the end of this process tells most, announced on a diagnostics channel.
 *
 * Nobody listens in production, and nothing here can end a process. The chaos tests load a listener of their own into
 * the processes that they kill, freeze and delay (`test/chaos/preload.ts`).
 */
import { channel } from 'node:diagnostics_channel';

export type CrashPoint =
  /** The lease is taken, nothing is done yet. */
  | 'claimed'
  /** The statement that commits the intent has left, its answer is not there yet. */
  | 'intent-sent'
  | 'intent-committed'
  /** The provider has answered, and nobody has written it down. */
  | 'answered'
  /** The statement that records what came of it has left, its answer is not there yet. */
  | 'record-sent'
  | 'recorded'
  /** A call in doubt, or a deletion, is about to be looked into. */
  | 'looking'
  /** The step is done in the ledger, the queue does not know. */
  | 'step-recorded'
  | 'queue-told'
  /** How it ended is in the ledger, its callback has no job. */
  | 'outcome-recorded'
  /** The next flow is numbered in the ledger and not in the queue. */
  | 'flow-numbered'
  /** The sweeper has found work that nobody holds. */
  | 'sweeping'
  | 'callback-taken'
  | 'callback-sent'
  /** The statement that accepts a request has left, its answer is not there yet. */
  | 'accept-sent'
  | 'accepted'
  | 'enqueued';

export interface CrashFacts {
  /** Of the effect that is under way. */
  readonly verb?: 'create' | 'change' | 'delete';
}

const announcements = channel('client-provisioner:crash-point');

export function passCrashPoint(point: CrashPoint, facts: CrashFacts = {}): void {
  if (announcements.hasSubscribers) announcements.publish({ point, ...facts });
}

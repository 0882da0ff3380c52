/**
 * What is to be done next about one effect, from what the ledger says and what a look shows. Pure.
 *
 * The engine reads and looks, asks here, and acts. The exploration in `test/explore` asks the same functions in every
 * state that a few faults can lead to.
 */
import type { EffectRow, ResourceRow } from '../ledger/rows.ts';
import type { Presence } from '../steps/step.ts';
import type { CallResult } from './effect.ts';

type Known = Pick<EffectRow, 'state' | 'doubts'> | undefined;
type Called = CallResult<unknown>['is'];

/** What a look for everything of the wanted name shows. A stranger's object beside ours does not matter. */
export type Seen = 'ours' | 'foreign' | 'nothing';

/** A create, before anything is looked at. */
export function planCreate(effect: Known, maxCalls: number): 'return' | 'resolve' | 'give-up' | 'look' {
  if (effect === undefined) return 'look';
  if (effect.state === 'confirmed') return 'return';
  if (effect.state === 'intended') return 'resolve';
  return effect.doubts >= maxCalls ? 'give-up' : 'look';
}

/** The look before a call. What is there before the first call cannot be ours. */
export function decideCreate(effect: Known, seen: Seen): 'take-over' | 'report-foreign' | 'call' {
  if (effect !== undefined && seen === 'ours') return 'take-over';
  return seen === 'nothing' ? 'call' : 'report-foreign';
}

/** The look for what a call in doubt may have made. Only once it has settled, an absence is proof. */
export function resolveDoubt(
  seen: Seen,
  isSettled: boolean,
): 'take-over' | 'wait' | 'report-foreign' | 'not-made' {
  if (seen === 'ours') return 'take-over';
  if (!isSettled) return 'wait';
  return seen === 'foreign' ? 'report-foreign' : 'not-made';
}

/** After a create was sent. The name may be taken by an earlier call of ours, if one was in doubt. */
export function followCreate(called: Called, doubts: number): 'record' | 'report-foreign' | 'resolve' {
  if (called === 'made') return 'record';
  return called === 'name-taken' && doubts === 0 ? 'report-foreign' : 'resolve';
}

/** What an undo must know before it deletes anything. `all-known`: each call was answered, so nothing comes late. */
export function planUndo(creation: Known): 'nothing-made' | 'all-known' | 'resolve' | 'look-for-late' {
  if (creation === undefined) return 'nothing-made';
  if (creation.state === 'intended') return 'resolve';
  return mayHaveTwins(creation) ? 'look-for-late' : 'all-known';
}

/** Whether a call that counted as not made may have come through after all. */
export function mayHaveTwins(creation: Known): boolean {
  return creation !== undefined && creation.doubts > 0;
}

/** How far a provider's own clocks may be apart, and the longest that a call may take to have its effect. */
const toleranceMs = 600_000;

/**
 * Whether a call of this effect can have made an object, by when that was made.
 *
 * Older is what an earlier effect has made, which an operator has taken off the list since. Later is a copy of ours,
 * which has our mark too. All by the provider's clock: the database's only tells how much later the newest call was.
 */
export function isOfACall(
  object: { readonly createdAt: Date | undefined },
  effect: Pick<EffectRow, 'absent_at' | 'created_at' | 'called_at'>,
): boolean {
  const { absent_at: absentAt, created_at: intendedAt, called_at: calledAt } = effect;
  if (object.createdAt === undefined || absentAt === undefined || calledAt === undefined) return true;
  const ms = object.createdAt.getTime() - absentAt.getTime();
  return ms >= -toleranceMs && ms <= calledAt.getTime() - intendedAt.getTime() + toleranceMs;
}

/**
 * A deletion, after a fresh read.
 *
 * `isFresh`: the create was sent less than SETTLE_MS ago, so that the provider may not show the object yet.
 * `isUnderWay`: a deletion was accepted less than SETTLE_MS ago.
 */
export function decideDelete(
  resource: Pick<ResourceRow, 'state' | 'external_id'>,
  seen: { readonly presence: Presence; readonly isFresh: boolean; readonly isUnderWay: boolean },
): 'mark-deleted' | 'leave' | 'wait' | 'call' {
  if (seen.presence === 'gone') return seen.isFresh ? 'wait' : 'mark-deleted';
  // It is not proven to be ours.
  if (resource.state === 'unknown' || resource.external_id === undefined) return 'leave';
  return seen.presence === 'going' || seen.isUnderWay ? 'wait' : 'call';
}

/** After a deletion was sent. Whatever was answered, or was not: only its absence counts. */
export function followDelete(
  called: Called,
  seen: { readonly presence: Presence; readonly isFresh: boolean },
): 'mark-deleted' | 'wait' | 'retry' {
  if (seen.presence === 'gone' && (called === 'made' || !seen.isFresh)) return 'mark-deleted';
  return called === 'in-doubt' ? 'retry' : 'wait';
}

/** How a change may be made. */
interface ChangeRules {
  readonly isRenewable?: boolean;
  readonly isUnsafeToRepeat?: boolean;
}

/** A change, before anything is looked at. */
export function planChange(effect: Known, rules: ChangeRules): 'return' | 'look' {
  return effect?.state === 'confirmed' && rules.isRenewable !== true ? 'return' : 'look';
}

/** The look before a change is sent. `refuse-and-call`: the call before it is proven not made. */
export function decideChange(
  effect: Known,
  seen: { readonly isMade: boolean; readonly isSettled: boolean },
  rules: ChangeRules & { readonly maxCalls: number },
): 'record' | 'wait' | 'give-up' | 'call' | 'refuse-and-call' {
  if (seen.isMade) return 'record';
  if (effect?.state !== 'intended' || rules.isUnsafeToRepeat !== true) return 'call';
  if (!seen.isSettled) return 'wait';
  return effect.doubts + 1 >= rules.maxCalls ? 'give-up' : 'refuse-and-call';
}

/**
 * Decides what is to be done next about one effect, from what the ledger says and what a look shows. Pure.
 *
 * The engine reads and looks, asks here, and acts. The exploration in `test/explore` asks the same functions in every
 * state that a few faults can lead to.
 */
import type { EffectRow, ResourceRow } from '../../ledger/rows.ts';
import type { Existence, Sight, FoundObject } from '../../steps/step.ts';
import type { CallResult } from './protocol.ts';

type Effect = Pick<EffectRow, 'state' | 'doubts'> & Partial<Pick<EffectRow, 'forgiven_doubts'>>;
type Called = CallResult<unknown>['is'];

/** The token's sight. Undefined: nobody has asked yet, since it is asked only where it matters. */
export type Sees = Sight['sees'] | undefined;

/** The result of a look for everything of the wanted name. A foreign object beside ours does not matter. */
export type Seen = 'ours' | 'foreign' | 'nothing';

/**
 * The doubts that count against an effect's calls: none of those before an operator had it go on, and none that was
 * answered in the place of a provider that was away.
 */
function countedDoubts({ doubts, forgiven_doubts: forgiven = 0 }: Effect): number {
  return doubts - forgiven;
}

/** A create, before anything is looked at. */
export function planCreate<Known extends Effect>(
  effect: Known | undefined,
  maxCalls: number,
):
  | { readonly do: 'return'; readonly effect: Known }
  | { readonly do: 'resolve'; readonly effect: Known }
  | { readonly do: 'give-up' }
  | { readonly do: 'look'; readonly earlier: Known | undefined } {
  if (effect?.state === 'confirmed') return { do: 'return', effect };
  if (effect?.state === 'intended') return { do: 'resolve', effect };
  if (effect !== undefined && countedDoubts(effect) >= maxCalls) return { do: 'give-up' };
  return { do: 'look', earlier: effect };
}

/** The look before a call. What is there before the first call cannot be ours. */
export function decideCreate<Known extends Effect>(
  effect: Known | undefined,
  seen: Seen,
): { readonly do: 'take-over'; readonly effect: Known } | { readonly do: 'report-foreign' | 'call' } {
  if (effect !== undefined && seen === 'ours') return { do: 'take-over', effect };
  return { do: seen === 'nothing' ? 'call' : 'report-foreign' };
}

/**
 * The look for what a call in doubt may have made.
 *
 * An absence is proof only once it has settled, and only to a token that sees everything: `not-proven` where it may not.
 */
export function resolveDoubt(
  seen: Seen,
  isSettled: boolean,
  sees: Sees,
): 'take-over' | 'wait' | 'prove-sight' | 'not-proven' | 'report-foreign' | 'not-made' {
  if (seen === 'ours') return 'take-over';
  if (!isSettled) return 'wait';
  if (sees !== 'all') return sees === undefined ? 'prove-sight' : 'not-proven';
  return seen === 'foreign' ? 'report-foreign' : 'not-made';
}

/** After a create was sent. The name may be taken by an earlier call of ours, if one was in doubt. */
export function followCreate(called: Called, doubts: number): 'record' | 'report-foreign' | 'resolve' {
  if (called === 'made') return 'record';
  return called === 'name-taken' && doubts === 0 ? 'report-foreign' : 'resolve';
}

/** The question that an undo asks before it deletes anything. `all-known`: each call was answered, so nothing comes late. */
export function planUndo<Known extends Effect>(
  creation: Known | undefined,
):
  | { readonly ask: 'nothing-made' }
  | { readonly ask: 'all-known' }
  | { readonly ask: 'resolve'; readonly creation: Known }
  | { readonly ask: 'look-for-late'; readonly creation: Known } {
  if (creation === undefined) return { ask: 'nothing-made' };
  if (creation.state === 'intended') return { ask: 'resolve', creation };
  return mayHaveTwins(creation) ? { ask: 'look-for-late', creation } : { ask: 'all-known' };
}

/** True where a call that counted as not made may have come through after all. */
export function mayHaveTwins({ doubts }: Effect): boolean {
  return doubts > 0;
}

/** How far a provider's own clocks may be apart, and the longest that a call may take to have its effect. */
const toleranceMs = 600_000;

/**
 * Tells whether a call of this effect can have made an object, by when that was made.
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
 * Picks, among all that carries the mark of our calls, one object of each call: the recorded one or else the oldest.
 *
 * The others are copies: they came after what they were made from, and say the same. `recordedCalls`: the calls whose
 * object is recorded, so that all others of them are copies even where that object is deleted by now.
 */
export function originalsAmong<T extends Pick<FoundObject<unknown>, 'externalId' | 'createdAt' | 'madeBy'>>(
  claimed: readonly T[],
  recorded: readonly string[],
  recordedCalls: readonly string[],
): T[] {
  const isRecorded = ({ externalId }: T) => recorded.includes(externalId);
  const known = new Set<string | undefined>([
    ...recordedCalls,
    ...claimed.filter(isRecorded).map(({ madeBy }) => madeBy),
  ]);
  const age = (one: T) => one.createdAt?.getTime() ?? Infinity;
  const oldest = new Map<string | undefined, T>();
  for (const one of claimed) {
    const earlier = oldest.get(one.madeBy);
    if (earlier === undefined || age(one) < age(earlier)) oldest.set(one.madeBy, one);
  }
  const isOriginal = (one: T) => !known.has(one.madeBy) && oldest.get(one.madeBy) === one;
  return claimed.filter((one) => isRecorded(one) || one.madeBy === undefined || isOriginal(one));
}

/** The result of a look before or after a deletion. */
export interface SeenObject {
  readonly presence: Existence;
  /** The create was sent less than SETTLE_MS ago, so that the provider may not show the object yet. */
  readonly isFresh: boolean;
  readonly sees: Sees;
}

/**
 * A deletion, after a fresh read.
 *
 * `isUnderWay`: a deletion was accepted less than SETTLE_MS ago. `isAccepted`: one of this very id was, whenever.
 */
export function decideDelete(
  resource: Pick<ResourceRow, 'state' | 'external_id'>,
  seen: SeenObject & { readonly isUnderWay: boolean; readonly isAccepted: boolean },
): 'mark-deleted' | 'leave' | 'wait' | 'prove-sight' | 'not-proven' | 'call' {
  if (isNotShown(seen.presence)) return seen.isAccepted ? 'mark-deleted' : judgeAbsence(seen);
  // Nothing proves the object to be ours.
  if (resource.state === 'unknown' || resource.external_id === undefined) return 'leave';
  return seen.presence === 'going' || seen.isUnderWay ? 'wait' : 'call';
}

/** After a deletion was sent. A 404 after an answer of 2xx is proof; without an answer it is what any other 404 is. */
export function followDelete(
  called: Called,
  seen: SeenObject,
): 'mark-deleted' | 'wait' | 'prove-sight' | 'not-proven' | 'retry' {
  const unsent = called === 'in-doubt' ? 'retry' : 'wait';
  if (!isNotShown(seen.presence)) return unsent;
  if (called === 'made') return 'mark-deleted';
  const judged = judgeAbsence(seen);
  return judged === 'wait' ? unsent : judged;
}

function isNotShown(presence: Existence): boolean {
  return presence === 'gone' || presence === 'absent';
}

/** An object that is not shown, and whose deletion nobody has confirmed to us. */
function judgeAbsence({
  presence,
  isFresh,
  sees,
}: SeenObject): 'mark-deleted' | 'wait' | 'prove-sight' | 'not-proven' {
  if (isFresh) return 'wait';
  if (presence === 'gone' || sees === 'all') return 'mark-deleted';
  return sees === undefined ? 'prove-sight' : 'not-proven';
}

/** The ways in which a change may be made. */
interface ChangeRules {
  readonly isRenewable?: boolean;
  readonly isUnsafeToRepeat?: boolean;
}

/** A change, before anything is looked at. */
export function planChange(effect: Effect | undefined, rules: ChangeRules): 'return' | 'look' {
  return effect?.state === 'confirmed' && rules.isRenewable !== true ? 'return' : 'look';
}

/** A change that a look does not show. `refuse-and-call`: the call before it is proven not made. */
export function decideChange<Known extends Effect>(
  effect: Known | undefined,
  isSettled: boolean,
  rules: ChangeRules & { readonly maxCalls: number },
): { readonly do: 'wait' | 'give-up' | 'call' } | { readonly do: 'refuse-and-call'; readonly effect: Known } {
  if (effect?.state !== 'intended' || rules.isUnsafeToRepeat !== true) return { do: 'call' };
  if (!isSettled) return { do: 'wait' };
  if (countedDoubts(effect) + 1 >= rules.maxCalls) return { do: 'give-up' };
  return { do: 'refuse-and-call', effect };
}

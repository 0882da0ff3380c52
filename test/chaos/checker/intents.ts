/** Which committed intent each mutating request was sent under. */
import type { EventRow } from '../world.ts';
import { slackMs, type Case } from './cases.ts';
import type { Facts, OwnedMutation } from './facts.ts';
import { textField } from './read.ts';

export interface SentCall {
  readonly mutation: OwnedMutation;
  readonly owner: Case | undefined;
  /** The `effect.intended` that it was sent under. Undefined: there is none that was committed before it. */
  readonly intent: EventRow | undefined;
  /** What was written about the effect after that intent and before the request came in, if anything was. */
  readonly overtakenBy: EventRow | undefined;
}

/**
 * Each intent allows one request. From the last request to the first, each takes the newest intent that is left to it:
 * an intent that was never sent stays over, and a request that comes in late is left with an old one.
 */
export function sentCalls({ mutations }: Facts): SentCall[] {
  const used = new Set<EventRow>();
  return mutations
    .toReversed()
    .map((mutation) => {
      const { owner, effects } = mutation;
      const history = owner === undefined ? [] : effectEvents(owner, effects);
      const intent =
        newestIntent(history, used, mutation.at) ?? newestIntent(history, used, mutation.at + slackMs);
      if (intent !== undefined) used.add(intent);
      return { mutation, owner, intent, overtakenBy: intent && overtaking(history, intent, mutation.at) };
    })
    .toReversed();
}

function effectEvents({ events }: Case, effects: readonly string[]): EventRow[] {
  return events.filter(
    ({ type, data }) => type.startsWith('effect.') && effects.includes(textField(data, 'name') ?? ''),
  );
}

function newestIntent(history: readonly EventRow[], used: ReadonlySet<EventRow>, until: number) {
  return history.findLast(
    (event) => event.type === 'effect.intended' && event.at.getTime() <= until && !used.has(event),
  );
}

/** A provider that is busy takes in a request a while after it was sent, and that may be repeated by then. */
const busyMs = 1000;

function overtaking(history: readonly EventRow[], intent: EventRow, at: number): EventRow | undefined {
  const isLate = at - intent.at.getTime() > busyMs;
  return history.find(
    (event) =>
      event.sequence > intent.sequence &&
      event.at.getTime() < at - slackMs &&
      (isLate || event.type !== 'effect.intended'),
  );
}

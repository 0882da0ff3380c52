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

/** Each intent allows one request; a request takes the newest one that is left to it. */
export function sentCalls({ mutations }: Facts): SentCall[] {
  const used = new Set<EventRow>();
  return mutations.map((mutation) => {
    const { owner, effects } = mutation;
    const history = owner === undefined ? [] : effectEvents(owner, effects);
    const intent =
      newestIntent(history, used, mutation.at) ?? newestIntent(history, used, mutation.at + slackMs);
    if (intent !== undefined) used.add(intent);
    const overtakenBy =
      intent &&
      history.find(({ sequence, at }) => sequence > intent.sequence && at.getTime() < mutation.at - slackMs);
    return { mutation, owner, intent, overtakenBy };
  });
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

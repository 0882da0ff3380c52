/** I8 and I9: each mutating request has an intent of its own that was committed before, and nobody else's came between. */
import type { Violation } from '../world.ts';
import { broken, type Case } from './cases.ts';
import type { OwnedMutation } from './facts.ts';
import type { SentCall } from './intents.ts';
import { groupBy, textField } from './read.ts';

export function judgeCalls(cases: readonly Case[], calls: readonly SentCall[]): Violation[] {
  return [...calls.flatMap(judgeCall), ...cases.flatMap(judgeEffects)];
}

function judgeCall({ mutation, owner, intent, overtakenBy }: SentCall): Violation[] {
  const what = describe(mutation);
  if (owner === undefined) return [broken('I9', `${what}: no provisioning intended it`)];
  if (intent === undefined)
    return [broken('I9', `${what}: no intent of ${owner.label} was committed before it`)];
  if (overtakenBy === undefined) return [];
  const outcome = `${overtakenBy.type} (event ${overtakenBy.sequence})`;
  return [
    broken(
      'I8',
      `${what}: sent under intent ${intent.sequence} of ${owner.label}, after ${outcome} had overtaken it`,
    ),
  ];
}

/** The record of each effect: as many intents as calls, and an outcome for an open intent only. */
function judgeEffects({ effects, events, label }: Case): Violation[] {
  const ofEffects = groupBy(
    events.filter(({ type }) => type.startsWith('effect.')),
    ({ data }) => textField(data, 'effect') ?? '',
  );
  const violations: Violation[] = [];
  for (const { id, name, calls } of effects) {
    const types = (ofEffects.get(id) ?? []).map(({ type }) => type);
    const intents = types.filter((type) => type === 'effect.intended').length;
    if (intents !== calls)
      violations.push(broken('I9', `"${name}" of ${label} counts ${calls} calls and has ${intents} intents`));
    const hasDoubled = types.some((type, index) => type === 'effect.confirmed' && types[index - 1] === type);
    if (hasDoubled) violations.push(broken('I8', `"${name}" of ${label} was confirmed twice for one intent`));
  }
  for (const [id, [first]] of ofEffects)
    if (!effects.some((effect) => effect.id === id))
      violations.push(
        broken('I9', `event ${first?.sequence} of ${label} is about an effect that is not there`),
      );
  return violations;
}

export function describe({ entry, name, owner }: OwnedMutation): string {
  const about = name === undefined ? '' : ` "${name}"`;
  const by = owner === undefined ? '' : ` of ${owner.clientId}`;
  return `request ${entry.sequence}, ${entry.method} ${entry.path.replace(/\?.*$/s, '')}${about}${by}`;
}

/**
 * Absences that are to count as proof.
 *
 * A provider answers the same for what is not there and for what a token may not see. So before an absence counts, the
 * token must be shown to see everything of that kind.
 */
import { AbsenceUnproven, NotYet } from '../../errors.ts';
import type { Sight } from '../../steps/step.ts';
import type { Sees } from './decide.ts';
import type { AnyResourceType, Context } from './look.ts';
import type { EffectScope } from './scope.ts';

export interface Judged<Seen, Decision> {
  readonly seen: Seen;
  readonly decision: Decision;
  /** Undefined: it did not matter. */
  readonly sight: Sight | undefined;
}

/**
 * Looks and decides. Asks what the token sees only where that decides, and looks again afterwards: who was blind for a
 * moment at the first look is not believed.
 */
export async function judgeBySight<Seen, Decision extends string>(
  context: Context,
  type: AnyResourceType,
  look: () => Promise<Seen>,
  decide: (seen: Seen, sees: Sees) => Decision | 'prove-sight',
): Promise<Judged<Seen, Decision | 'prove-sight'>> {
  const seen = await look();
  const decision = decide(seen, undefined);
  if (decision !== 'prove-sight') return { seen, decision, sight: undefined };
  const sight = await type.proveSight(context);
  const seenAgain = sight.sees === 'all' ? await look() : seen;
  return { seen: seenAgain, decision: decide(seenAgain, sight.sees), sight };
}

/** The failure where an object to delete is not found, and that proves nothing. */
export function notProvenGone(what: string, sight: Sight | undefined): AbsenceUnproven {
  return new AbsenceUnproven(`${what} is not found, ${whyNotProof(sight)}`);
}

/** Waits for a token that sees more, and fails the step in the end: nobody can know. */
export function notProvenNotMade(
  scope: EffectScope,
  type: AnyResourceType,
  sight: Sight | undefined,
): NotYet {
  const what = `${type.kind} "${type.nameFor(scope.client)}"`;
  const message = `nobody can know whether ${what} was made: a call got no answer, and it is not found, ${whyNotProof(sight)}`;
  return new NotYet(`proof whether ${what} was made, from a token that sees all of that kind`, {
    atDeadline: { code: 'credentials-rejected', message },
  });
}

function whyNotProof(sight: Sight | undefined): string {
  if (sight === undefined || sight.sees === 'all') return 'which proves nothing';
  return `which proves nothing: ${sight.why}. ${sight.whatToDo}`;
}

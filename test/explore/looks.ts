/** What a look shows: everything that exists or, where lists lag, less. */
import type { Existence } from '../../src/steps/step.ts';
import type { Seen } from '../../src/worker/effects/decide.ts';
import type { Move } from './moves.ts';
import { afterTrouble } from './plans.ts';
import type { Turn } from './turn.ts';
import { exists, thingNames, type ThingName, type Worker } from './world.ts';

export interface Look {
  readonly label: string;
  readonly seen: Seen;
  /** What it takes for ours. */
  readonly mine: readonly ThingName[];
  readonly more: Pick<Move, 'fault'>;
}

/** Looks for the name. `hides`: what a list may not show yet, each a fault of its own. */
export function looks(turn: Turn, hides: 'nothing' | 'strangers' | 'anything'): Look[] {
  const { worker, rules, step } = turn;
  const isBlind = step.token === 'blind';
  const all = isBlind ? [] : thingNames.filter((name) => exists(step[name]));
  const mine = all.filter((name) => name !== 'stranger');
  const theirs = all.filter((name) => name === 'stranger');
  const shown = [all];
  if (hides !== 'nothing' && theirs.length > 0) shown.push(mine);
  if (hides === 'anything' && mine.length > 0) shown.push(theirs);
  if (hides === 'anything' && mine.length > 0 && theirs.length > 0) shown.push([]);
  return shown.map((names, index) => {
    const takenForOurs = names.filter((name) => rules.isOurs(step, name, worker.step === 1));
    const others = names.length > 0 ? 'foreign' : 'nothing';
    return {
      label: `a look shows ${names.map((name) => `the ${name} object`).join(' and ') || 'nothing'}`,
      seen: takenForOurs.length > 0 ? 'ours' : others,
      mine: takenForOurs,
      more: index === 0 ? {} : { fault: 'lag' },
    };
  });
}

/** Reads one object by its id. Soon after its create, a provider may not show it yet. */
export function reads(
  turn: Turn,
  decide: (presence: Existence, isFresh: boolean) => Partial<Worker>,
): Move[] {
  const { rules, worker, step, go } = turn;
  if (step.token === 'revoked') {
    if (!rules.checksToken) return [go('a read answers 404', decide('absent', false))];
    return [go('a read is refused', afterTrouble(turn, 'refused-token'))];
  }
  if (step.token === 'blind')
    return [
      go('a read does not show it', decide('absent', false)),
      go('a read does not show it, soon after its create', decide('absent', true)),
    ];
  switch (step[worker.thing].at) {
    case 'going':
      return [go('a read shows it going', decide('going', false))];
    case 'live':
      return [
        go('a read shows it', decide('present', false)),
        go('a read does not show it yet', decide('absent', true), { fault: 'lag' }),
      ];
    default:
      return [
        go('a read shows it gone', decide('absent', false)),
        go('a read shows it gone, soon after its create', decide('absent', true)),
      ];
  }
}

/** How a worker creates, and finds out what became of a create in doubt. */
import type { Move } from './moves.ts';
import { looks } from './looks.ts';
import { afterDoubt, afterTrouble, nextRemoval, refuse } from './plans.ts';
import type { Turn } from './turn.ts';
import { exists, thingNames, withStep, withThing, type Worker } from './world.ts';

export const creating = {
  look(turn: Turn): Move[] {
    const { rules, worker, step, go } = turn;
    if (step.token === 'revoked') return [go('a look is refused', afterTrouble(turn, 'refused-token'))];
    return looks(turn, 'strangers').flatMap(({ label, seen, mine, more }) => {
      const decision = rules.decideCreate(step, seen);
      if (decision === 'take-over')
        return mine.map((thing) => go(label, { stage: 'take-over', thing }, more));
      if (decision === 'report-foreign') return [go(label, afterTrouble(turn, 'final'), more)];
      const move = go(label, { stage: 'intend', verb: 'create' }, more);
      // Whatever exists by now is older than this look, which counts unless an earlier call was in doubt.
      return step.doubts > 0
        ? [move]
        : [{ ...move, world: withStep(move.world, worker.step, { isStrangerNewer: false }) }];
    });
  },

  'measure-doubt'(turn: Turn): Move[] {
    if (!turn.rules.measuresFirst) return [turn.go('looks at once', { stage: 'look-into-doubt' })];
    return measure(turn, (isSettled) => ({ stage: 'look-into-doubt', isSettled }));
  },

  'look-into-doubt'(turn: Turn): Move[] {
    const { rules, worker, step, go } = turn;
    if (step.token === 'revoked') return [go('a look is refused', afterTrouble(turn, 'refused-token'))];
    const { isSettled } = worker;
    // An object without a mark may not answer for itself yet.
    const isUnclear = worker.step === 0 && thingNames.some((name) => exists(step[name]));
    const unclear = go('a look cannot tell yet whose it is', afterTrouble(turn, 'not-yet'));
    const clear = looks(turn, isSettled ? 'nothing' : 'anything').flatMap(({ label, seen, mine, more }) => {
      if (!rules.measuresFirst && seen !== 'ours') return [go(label, { stage: 'measure-late' }, more)];
      const decision = rules.resolveDoubt(seen, isSettled, rules.sees(step));
      if (decision === 'take-over')
        return mine.map((thing) => go(label, { stage: 'take-over', thing }, more));
      if (decision === 'wait' || decision === 'not-proven' || decision === 'prove-sight')
        return [go(label, afterTrouble(turn, 'not-yet'), more)];
      const stage = decision === 'not-made' ? 'record-not-made' : 'record-foreign';
      return [go(label, { stage }, more)];
    });
    return isUnclear ? [unclear, ...clear] : clear;
  },

  'measure-late': (turn: Turn): Move[] =>
    measure(turn, (isSettled) => ({ stage: isSettled ? 'record-not-made' : 'wait' })),

  'take-over'(turn: Turn): Move[] {
    const { step, thing } = turn.worker;
    return [
      turn.write(
        `records the ${thing} object as ours`,
        (before) =>
          withStep(withThing(before, step, thing, { listed: 'live' }), step, {
            create: 'confirmed',
            placeholder: 'none',
            isDoubtNoted: false,
          }),
        (after) => afterDoubt(turn, after),
      ),
    ];
  },

  'record-not-made': (turn: Turn): Move[] => [
    turn.write(
      'records that nothing was made',
      (before) => refuse(before, turn.worker, 1),
      (after) => afterDoubt(turn, after),
    ),
  ],

  'record-foreign'(turn: Turn): Move[] {
    const { rules, worker } = turn;
    return [
      turn.write(
        'records that a stranger has the name',
        (before) => refuse(before, worker, 1),
        (after) =>
          worker.direction === 'run'
            ? afterTrouble(turn, 'final')
            : nextRemoval(after.steps[worker.step], rules),
      ),
    ];
  },

  'record-taken': (turn: Turn): Move[] => [
    turn.write(
      'records that the name was taken',
      (before) => refuse(before, turn.worker, 0),
      () => afterTrouble(turn, 'final'),
    ),
  ],

  verify: (turn: Turn): Move[] => [
    turn.step.token !== 'good'
      ? turn.go('a look is refused', afterTrouble(turn, 'refused-token'))
      : turn.go('sees that all is as it should be', { stage: 'complete' }),
  ],
};

function measure(turn: Turn, next: (isSettled: boolean) => Partial<Worker>): Move[] {
  const { worker, step, world, rules } = turn;
  const isAwaited = world.workers.some(
    (one) => one.stage === 'sent' && one.verb === 'create' && one.step === worker.step,
  );
  const isUnderWay = step.createsUnderWay > 0 || isAwaited;
  const maySettle = step.isDoubtNoted && !(isUnderWay && rules.requestsEndInTime);
  return [false, ...(maySettle ? [true] : [])].map((isSettled) =>
    turn.write(
      isSettled ? 'the doubt has settled' : 'the doubt has not settled',
      (before) => withStep(before, worker.step, { isDoubtNoted: true }),
      () => next(isSettled),
    ),
  );
}

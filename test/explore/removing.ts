/** How a worker deletes what is listed as ours, and sees that it is gone. */
import { looks, reads } from './looks.ts';
import type { Move } from './moves.ts';
import { afterTrouble, isLeft, nextRemoval } from './plans.ts';
import type { Turn } from './turn.ts';
import { thingNames, withThing } from './world.ts';

export const removing = {
  'look-for-late'(turn: Turn): Move[] {
    const { rules, step, go } = turn;
    if (step.token === 'revoked') return [go('a look is refused', afterTrouble(turn, 'refused-token'))];
    const found = looks(turn, 'nothing').flatMap(({ mine }) => mine);
    const thing = found.find((name) => step[name].listed === 'no');
    if (thing !== undefined) return [go('a look shows one more', { stage: 'record-late', thing })];
    const isAllSeen = rules.sees(step) === 'all';
    const isNothingListed = !thingNames.some((name) => isLeft(step, name));
    // What is listed is deleted first, as far as the token sees that.
    if (!isAllSeen && isNothingListed) return [go('a look proves nothing', afterTrouble(turn, 'unproven'))];
    return [go('a look shows no more', nextRemoval(step, rules))];
  },

  'record-late': ({ worker, write }: Turn): Move[] => [
    write(
      `lists the ${worker.thing} object as ours`,
      (before) => withThing(before, worker.step, worker.thing, { listed: 'live' }),
      () => ({ stage: 'look-for-late' }),
    ),
  ],

  read(turn: Turn): Move[] {
    const { listed, deletion } = turn.step[turn.worker.thing];
    const resource = { state: listed === 'no' ? 'live' : listed, external_id: 'id' };
    const isAccepted = deletion === 'confirmed';
    const sees = turn.rules.sees(turn.step);
    const next = {
      'mark-deleted': { stage: 'record-deleted' },
      leave: afterTrouble(turn, 'final'),
      wait: afterTrouble(turn, 'not-yet'),
      'prove-sight': afterTrouble(turn, 'unproven'),
      'not-proven': afterTrouble(turn, 'unproven'),
      call: { stage: 'intend' },
    } as const;
    return reads(
      turn,
      (presence, isFresh) =>
        next[
          turn.rules.decideDelete(resource, { presence, isFresh, sees, isUnderWay: isAccepted, isAccepted })
        ],
    );
  },

  'read-again': (turn: Turn): Move[] =>
    reads(turn, (presence, isFresh) => {
      const called = turn.worker.isInDoubt ? 'in-doubt' : 'made';
      const sees = turn.rules.sees(turn.step);
      const next = turn.rules.followDelete(called, { presence, isFresh, sees });
      if (next === 'mark-deleted') return { stage: 'record-deleted' };
      return afterTrouble(turn, next === 'not-proven' || next === 'prove-sight' ? 'unproven' : 'not-yet');
    }),

  'record-deleted': ({ rules, worker, write }: Turn): Move[] => [
    write(
      'records that it is gone',
      (before) => withThing(before, worker.step, worker.thing, { listed: 'deleted' }),
      (after) => nextRemoval(after.steps[worker.step], rules),
    ),
  ],
};

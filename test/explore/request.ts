/** A request under way: what the provider does with it, and what becomes of its answer. */
import type { Move } from './moves.ts';
import { isNameFree, nextThing } from './surroundings.ts';
import type { Turn } from './turn.ts';
import { withStep, withThing, type World } from './world.ts';

export function request(turn: Turn): Move[] {
  // What a blind token asks for, a template or a deletion, is not there for it.
  if (turn.step.token !== 'good') return [turn.go('the call is refused', { stage: 'record-refused' })];
  return turn.worker.verb === 'create' ? createMoves(turn) : deleteMoves(turn);
}

function createMoves(turn: Turn): Move[] {
  const { world, rules, worker, step, go } = turn;
  const after = (answer: 'name-taken' | 'in-doubt') =>
    rules.followCreate(answer, step.doubts) === 'report-foreign' ? 'record-taken' : 'measure-doubt';
  const lost = on(
    go(
      'no answer comes, and it is not acted on yet',
      { stage: after('in-doubt') },
      { fault: 'lost request' },
    ),
    (before) => withStep(before, worker.step, { createsUnderWay: step.createsUnderWay + 1 }),
  );
  if (!isNameFree(world, worker.step)) return [lost, go('the name is taken', { stage: after('name-taken') })];
  const thing = nextThing(world, worker.step);
  if (thing === undefined) return [lost];
  const make = (before: World) => withThing(before, worker.step, thing, { at: 'live' });
  return [
    lost,
    on(go('it is made', { stage: 'record-made', thing }), make),
    on(
      go('it is made, and the answer is lost', { stage: after('in-doubt') }, { fault: 'lost answer' }),
      make,
    ),
  ];
}

function deleteMoves({ worker, step, go }: Turn): Move[] {
  const { thing } = worker;
  const lost = on(
    go(
      'no answer comes, and it is not acted on yet',
      { stage: 'read-again', isInDoubt: true },
      { fault: 'lost request' },
    ),
    (before) => withThing(before, worker.step, thing, { isDeleteUnderWay: true }),
  );
  // A 404 is tried again as often as a refused token, in an undo.
  if (step[thing].at !== 'live') return [lost, go('the call is refused', { stage: 'record-refused' })];
  const breach = thing === 'stranger' ? "a stranger's object is deleted" : undefined;
  const remove = (at: 'going' | 'gone') => (before: World) => withThing(before, worker.step, thing, { at });
  return [
    lost,
    on(go('it is gone', { stage: 'record-made' }, { breach }), remove('gone')),
    on(go('it is going', { stage: 'record-made' }, { breach }), remove('going')),
    on(
      go(
        'it is gone, and the answer is lost',
        { stage: 'read-again', isInDoubt: true },
        { fault: 'lost answer', breach },
      ),
      remove('gone'),
    ),
  ];
}

function on(move: Move, change: (world: World) => World): Move {
  return { ...move, world: change(move.world) };
}

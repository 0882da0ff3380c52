/** How an attempt, a step and a provisioning end. */
import type { Move } from './moves.ts';
import { afterTrouble, isLeft } from './plans.ts';
import { planRollback } from './surroundings.ts';
import { stop, type Turn } from './turn.ts';
import { thingNames, withStep, withThing, type Worker, type World } from './world.ts';

export const ending = {
  wait(turn: Turn): Move[] {
    const { worker, step, write, go } = turn;
    const move = write(
      'waits',
      (before) => before,
      () => stop,
    );
    // A doubt ends by itself; the wait for a deletion may not, nor that for a token that sees more.
    if (worker.verb === 'create' && step.token !== 'blind') return [move];
    return [move, go('has waited too long', afterTrouble(turn, 'too-late'), { fault: 'deadline' })];
  },

  'try-again': ({ worker, step, write }: Turn): Move[] => [
    write(
      'will try again',
      (before) => withStep(before, worker.step, { failures: step.failures + 1 }),
      () => stop,
    ),
  ],

  complete: ({ worker, write }: Turn): Move[] => [
    write(
      'is done',
      (before) => withStep(before, worker.step, { [worker.direction]: 'succeeded' }),
      () => stop,
    ),
  ],

  fail({ world, worker, write, go }: Turn): Move[] {
    // The ledger lets no failure overwrite a cancel.
    if (worker.direction === 'run' && world.status === 'cancelled')
      return [go('its failure does not matter any more', stop)];
    return [
      write(
        'fails for good',
        (before) => (worker.direction === 'run' ? failRun(before, worker) : failUndo(before, worker)),
        () => stop,
      ),
    ];
  },

  succeed: ({ world, rules, write, go }: Turn): Move[] => [
    rules.guardsSuccess && world.status !== 'running'
      ? go('cannot succeed any more', stop)
      : write(
          'records the success',
          (before) => ({ ...before, status: 'succeeded' }),
          () => stop,
        ),
  ],

  'end-rollback': ({ world, write }: Turn): Move[] => {
    const isIncomplete = world.steps.some(
      (step) => step.placeholder !== 'none' || thingNames.some((name) => isLeft(step, name)),
    );
    return [
      write(
        'ends the rollback',
        (before) => ({ ...before, rollback: isIncomplete ? 'incomplete' : 'completed' }),
        () => stop,
      ),
    ];
  },
};

function failRun(world: World, { step }: Worker): World {
  return { ...planRollback(withStep(world, step, { run: 'failed' })), status: 'failed' };
}

/** What it could not delete stays listed. */
function failUndo(world: World, { step: index }: Worker): World {
  const step = world.steps[index];
  let failed = withStep(world, index, {
    undo: 'failed',
    placeholder: step.placeholder === 'intended' ? 'unknown' : step.placeholder,
  });
  for (const name of thingNames)
    if (step[name].listed === 'live' || step[name].listed === 'deleting')
      failed = withThing(failed, index, name, { listed: 'delete-failed' });
  return failed;
}

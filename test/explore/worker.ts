/** What a worker does next. It decides by the rules and by nothing else. */
import { calling } from './calling.ts';
import { creating } from './creating.ts';
import { ending } from './ending.ts';
import type { Move } from './moves.ts';
import { startCreate, startUndo } from './plans.ts';
import { removing } from './removing.ts';
import type { Rules } from './rules.ts';
import { stop, turnOf, type Turn } from './turn.ts';
import { withStep, withWorker, type Stage, type Worker, type World } from './world.ts';

const stages: Readonly<Record<Exclude<Stage, 'idle'>, (turn: Turn) => Move[]>> = {
  begin,
  ...creating,
  ...calling,
  ...removing,
  ...ending,
};

export function workerMoves(world: World, index: 0 | 1, rules: Rules): Move[] {
  const turn = turnOf(world, index, rules);
  const { stage } = turn.worker;
  return stage === 'idle' ? claim(turn, index) : stages[stage](turn);
}

/** Whatever brings a worker here, a job or the sweeper: the ledger says what is to be done. */
function claim({ world, rules, go }: Turn, index: 0 | 1): Move[] {
  const otherIndex = index === 0 ? 1 : 0;
  const other = world.workers[otherIndex];
  // Two idle workers are alike.
  if (other.stage === 'idle' && index === 1) return [];
  if (other.lease === 'held' && rules.respectsLeases) return [];
  const action = rules.nextAction(world);
  if (action.do === 'rest') return [];
  const claimed: Partial<Worker> = { lease: 'held', direction: 'run', step: 0 };
  const move =
    action.do === 'work'
      ? go(`claims ${action.direction} ${action.remaining[0]?.position}`, {
          ...claimed,
          stage: 'begin',
          direction: action.direction,
          step: action.remaining[0]?.position === 2 ? 1 : 0,
        })
      : go('claims the end', { ...claimed, stage: action.do });
  if (other.lease !== 'held') return [move];
  return [{ ...move, world: withWorker(move.world, otherIndex, { ...other, lease: 'robbed' }) }];
}

function begin({ world, rules, worker, step, write, go }: Turn): Move[] {
  const row = worker.direction === 'run' ? step.run : step.undo;
  // A cancel has skipped it since it was claimed.
  if (row !== 'pending' && row !== 'running') return [go('cannot begin', stop)];
  return [
    write(
      'begins',
      (before) => ({
        ...withStep(before, worker.step, { [worker.direction]: 'running' }),
        status: world.status === 'queued' ? 'running' : world.status,
        rollback: world.rollback === 'pending' ? 'running' : world.rollback,
      }),
      (after) => {
        const begun = after.steps[worker.step];
        return worker.direction === 'run' ? startCreate(begun, rules) : startUndo(begun, rules);
      },
    ),
  ];
}

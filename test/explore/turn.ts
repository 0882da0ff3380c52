/** A worker at its present stage, and the ways in which it goes on. */
import type { Move } from './moves.ts';
import type { Rules } from './rules.ts';
import { idle, withWorker, type StepWorld, type Worker, type World } from './world.ts';

export interface Turn {
  readonly world: World;
  readonly rules: Rules;
  readonly worker: Worker;
  /** The step that it works on. */
  readonly step: StepWorld;
  /** It goes on with another stage, and changes nothing. */
  readonly go: (label: string, next: Partial<Worker>, more?: Pick<Move, 'fault' | 'breach'>) => Move;
  /** A transaction of its own. Where it is not committed, the worker stops. */
  readonly write: (
    label: string,
    change: (world: World) => World,
    next: (after: World) => Partial<Worker>,
  ) => Move;
}

/** It ends its job. Its lease is given back, or over before anybody needs it. */
export const stop: Partial<Worker> = { stage: 'idle' };

export function turnOf(world: World, index: 0 | 1, rules: Rules): Turn {
  const worker = world.workers[index];
  const name = `${nameOf(worker)}: `;
  const at = (changed: World, next: Partial<Worker>) =>
    withWorker(changed, index, next.stage === 'idle' ? idle : { ...worker, ...forgotten(worker), ...next });
  return {
    world,
    rules,
    worker,
    step: world.steps[worker.step],
    go: (label, next, more) => ({ label: name + label, world: at(world, next), ...more }),
    write(label, change, next) {
      const isHolder = worker.lease === 'held';
      if (!isHolder && rules.isFenced) return { label: `${name}its lease is lost`, world: at(world, stop) };
      const changed = change(world);
      return {
        label: name + label,
        world: at(changed, next(changed)),
        breach: isHolder ? undefined : 'a worker without the lease changes the ledger',
      };
    },
  };
}

/** What it has seen counts for its next stage only. */
function forgotten({ verb, thing }: Worker): Partial<Worker> {
  return { isSettled: false, isInDoubt: false, thing: verb === 'delete' ? thing : 'first' };
}

/** Workers are alike, so they have no names of their own. */
export function nameOf({ lease, direction, step }: Worker): string {
  const names = {
    none: 'a worker',
    held: 'the worker',
    over: 'the one that woke up',
    robbed: 'the robbed one',
  };
  return lease === 'none' ? names.none : `${names[lease]} (${direction} ${step + 1})`;
}

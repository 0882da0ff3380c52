/** The stage that a worker goes on with, by the rules. */
import type { Rules, Trouble } from './rules.ts';
import type { Turn } from './turn.ts';
import { thingNames, withStep, withThing, type StepWorld, type Worker, type World } from './world.ts';

/** What is to be done about a create. */
export function startCreate(step: StepWorld, rules: Rules): Partial<Worker> {
  const stages = { return: 'verify', resolve: 'measure-doubt', 'give-up': 'fail', look: 'look' } as const;
  return { stage: stages[rules.planCreate(step)] };
}

/** What is to be done about an undo. */
export function startUndo(step: StepWorld, rules: Rules): Partial<Worker> {
  const plan = rules.planUndo(step);
  if (plan === 'nothing-made') return nextRemoval(step, rules);
  return { stage: plan === 'resolve' ? 'measure-doubt' : 'look-for-late' };
}

/** The next resource that is left, or the end of the undo. */
export function nextRemoval(step: StepWorld, rules: Rules): Partial<Worker> {
  const thing = thingNames.find((name) => isLeft(step, name));
  if (thing !== undefined) return { stage: 'read', verb: 'delete', thing };
  if (step.placeholder === 'none') return { stage: 'complete' };
  const resource = { state: step.placeholder, external_id: undefined };
  const decision = rules.decideDelete(resource, {
    presence: 'present',
    isFresh: false,
    sees: undefined,
    isUnderWay: false,
    isAccepted: false,
  });
  return { stage: decision === 'leave' ? 'fail' : 'complete' };
}

/** What follows once it is known what became of a create in doubt. */
export function afterDoubt({ rules, worker }: Turn, after: World): Partial<Worker> {
  const step = after.steps[worker.step];
  return worker.direction === 'run' ? startCreate(step, rules) : nextRemoval(step, rules);
}

export function afterTrouble({ rules, worker, step }: Turn, trouble: Trouble): Partial<Worker> {
  const is = rules.decideOutcome(trouble, worker.direction, step.failures);
  if (is === 'failed') return { stage: 'fail' };
  return { stage: trouble === 'refused-token' || trouble === 'unproven' ? 'try-again' : 'wait' };
}

/** The call was not made. `doubts`: by its absence, and not by its answer. */
export function refuse(world: World, { verb, step, thing }: Worker, doubts: 0 | 1): World {
  if (verb === 'delete') return withThing(world, step, thing, { deletion: 'none' });
  return withStep(world, step, {
    create: 'refused',
    doubts: world.steps[step].doubts + doubts,
    placeholder: 'none',
    isDoubtNoted: false,
  });
}

/** It is listed, and not as deleted. */
export function isLeft(step: StepWorld, name: (typeof thingNames)[number]): boolean {
  return step[name].listed !== 'no' && step[name].listed !== 'deleted';
}

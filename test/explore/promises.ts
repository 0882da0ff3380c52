/** What must hold: at each call, in each world, and where nothing happens any more. */
import { isLeft } from './plans.ts';
import type { Rules } from './rules.ts';
import {
  exists,
  ours,
  stepIndexes,
  thingNames,
  type StepWorld,
  type Thing,
  type Worker,
  type World,
} from './world.ts';

/** A call that is sent. Returns the promise that it breaks. */
export function checkCall(world: World, worker: Worker): string | undefined {
  const step = world.steps[worker.step];
  if (worker.lease !== 'held') return 'a call begins without the lease';
  if (worker.verb === 'create') {
    if (step.create !== 'intended') return 'a create is sent without a committed intent';
    if (worker.step === 1 && world.steps[0].run !== 'succeeded')
      return 'a step begins before the one before it';
    return undefined;
  }
  if (step[worker.thing].deletion === 'none') return 'a delete is sent without a committed intent';
  if (worker.thing === 'stranger') return "a delete is sent for a stranger's object";
  const [, later] = world.steps;
  // A token that became blind after the deletion was accepted has not seen the end of it, and need not.
  const isGoingUnseen = ({ at, listed, deletion }: Thing) =>
    at === 'going' && listed === 'deleted' && deletion === 'confirmed';
  const isLaterLeft =
    later.undo !== 'failed' && ours.some((name) => exists(later[name]) && !isGoingUnseen(later[name]));
  return worker.step === 0 && isLaterLeft ? 'step 1 is undone before step 2' : undefined;
}

/** The only ways in which a status changes. */
const ways = new Set([
  'queued/none running/none',
  'queued/none cancelled/pending',
  'running/none succeeded/none',
  'running/none failed/pending',
  'running/none cancelled/pending',
  'succeeded/none succeeded/pending',
  ...['failed', 'cancelled', 'succeeded'].flatMap((status) => [
    `${status}/pending ${status}/running`,
    `${status}/pending ${status}/completed`,
    `${status}/running ${status}/completed`,
    `${status}/running ${status}/incomplete`,
    `${status}/incomplete ${status}/running`,
  ]),
]);

/** One world after another. Returns the promise that is broken. */
export function checkMove(before: World, after: World): string | undefined {
  const from = `${before.status}/${before.rollback}`;
  const to = `${after.status}/${after.rollback}`;
  if (from !== to && !ways.has(`${from} ${to}`)) return `the status goes from ${from} to ${to}`;
  for (const index of stepIndexes) {
    const step = after.steps[index];
    if (ours.every((name) => exists(step[name]))) return `step ${index + 1} has made two objects`;
    if (step.stranger.listed !== 'no') return "a stranger's object is listed as ours";
  }
  return undefined;
}

/** Nothing happens any more by itself, and nothing is under way. */
export function isQuiet(world: World, rules: Rules): boolean {
  return (
    rules.nextAction(world).do === 'rest' &&
    world.workers.every(({ stage }) => stage === 'idle') &&
    world.steps.every(
      (step) =>
        step.createsUnderWay === 0 &&
        thingNames.every((name) => !step[name].isDeleteUnderWay && step[name].at !== 'going'),
    )
  );
}

/** How it ended. Returns the promise that is broken. */
export function checkEnd(world: World): string | undefined {
  for (const index of stepIndexes) {
    const broken = checkEndOf(world, world.steps[index]);
    if (broken !== undefined) return `step ${index + 1}: ${broken}`;
  }
  const isListed = world.steps.some((step) => listOf(step).length > 0 || step.placeholder !== 'none');
  if (world.rollback === 'incomplete' && !isListed) return 'incomplete, and nothing is listed';
  return undefined;
}

function checkEndOf({ status, rollback }: World, step: StepWorld): string | undefined {
  const left = ours.filter((name) => exists(step[name]));
  const list = listOf(step);
  if (status === 'succeeded' && rollback === 'none')
    return left.length === 1 && list.length === 1 && step[left[0] ?? 'second'].listed === 'live'
      ? undefined
      : 'succeeded, and not exactly one object of ours is there and listed';
  if (rollback === 'completed') return left.length === 0 ? undefined : 'rolled back, and an object is left';
  // Where no id is known, an entry without one stands for what may be there.
  const isUnlisted = left.some((name) => !list.includes(name)) && step.placeholder === 'none';
  if (isUnlisted) return 'an object is left that is not listed';
  // An undo that could not look lists what it knows of.
  const isStale = step.undo !== 'failed' && list.some((name) => !exists(step[name]));
  return isStale ? 'an object is listed that is not there' : undefined;
}

function listOf(step: StepWorld) {
  return thingNames.filter((name) => isLeft(step, name));
}

/** What goes on around the workers: late requests, slow deletions, operators, strangers, and the end of workers. */
import type { Move } from './moves.ts';
import type { Rules } from './rules.ts';
import { nameOf } from './turn.ts';
import {
  exists,
  idle,
  ours,
  stepIndexes,
  thingNames,
  withStep,
  withThing,
  withWorker,
  type StepIndex,
  type ThingName,
  type World,
} from './world.ts';

export function surroundings(world: World, rules: Rules): Move[] {
  const isOver = rules.nextAction(world).do === 'rest';
  return [
    ...stepIndexes.flatMap((index) => providerMoves(world, index)),
    ...(isOver ? rollBack(world) : stepIndexes.flatMap((index) => providerFaults(world, index))),
    ...cancel(world),
    ...workerFaults(world, 0),
    ...workerFaults(world, 1),
  ];
}

/** Names are unique at the first provider only. */
export function isNameFree(world: World, index: StepIndex): boolean {
  return index === 1 || !thingNames.some((name) => exists(world.steps[index][name]));
}

/** The object that the next create makes. */
export function nextThing(world: World, index: StepIndex): ThingName | undefined {
  return ours.find((name) => world.steps[index][name].at === 'nowhere');
}

function providerMoves(world: World, index: StepIndex): Move[] {
  const step = world.steps[index];
  const moves: Move[] = [];
  const say = (what: string) => `provider ${index + 1}: ${what}`;
  if (step.createsUnderWay > 0) {
    const landed = withStep(world, index, { createsUnderWay: step.createsUnderWay - 1 });
    moves.push({ label: say('a late create comes to nothing'), world: landed });
    const made = nextThing(world, index);
    if (made !== undefined && isNameFree(world, index))
      moves.push({
        label: say('a late create is acted on'),
        world: withThing(landed, index, made, { at: 'live' }),
      });
  }
  for (const name of thingNames) {
    const thing = step[name];
    if (thing.at === 'going')
      moves.push({ label: say('a deletion ends'), world: withThing(world, index, name, { at: 'gone' }) });
    if (!thing.isDeleteUnderWay) continue;
    const landed = withThing(world, index, name, { isDeleteUnderWay: false });
    moves.push({ label: say('a late delete comes to nothing'), world: landed });
    if (thing.at === 'live')
      moves.push({
        label: say('a late delete is acted on'),
        world: withThing(landed, index, name, { at: 'gone' }),
      });
  }
  if (step.token !== 'good')
    moves.push({
      label: say('the token is good again'),
      world: withStep(world, index, { token: 'good' }),
    });
  return moves;
}

function providerFaults(world: World, index: StepIndex): Move[] {
  const step = world.steps[index];
  const moves: Move[] = [];
  if (step.token === 'good')
    moves.push(
      {
        label: `provider ${index + 1}: the token is revoked`,
        fault: 'revoked token',
        world: withStep(world, index, { token: 'revoked' }),
      },
      {
        label: `provider ${index + 1}: the token becomes blind`,
        fault: 'blind token',
        world: withStep(world, index, { token: 'blind' }),
      },
    );
  if (step.stranger.at === 'nowhere' && isNameFree(world, index))
    moves.push({
      label: `provider ${index + 1}: a stranger takes the name`,
      fault: 'foreign name',
      world: withStep(withThing(world, index, 'stranger', { at: 'live' }), index, { isStrangerNewer: true }),
    });
  return moves;
}

/** Steps that never began are skipped; the others get a row for their undo. */
export function planRollback(world: World): World {
  let planned = world;
  for (const index of stepIndexes)
    planned = withStep(
      planned,
      index,
      world.steps[index].run === 'pending' ? { run: 'skipped' } : { undo: 'pending' },
    );
  return { ...planned, rollback: 'pending' };
}

function cancel(world: World): Move[] {
  if (world.status !== 'queued' && world.status !== 'running') return [];
  return [
    {
      label: 'an operator cancels',
      fault: 'cancel',
      world: { ...planRollback(world), status: 'cancelled' },
    },
  ];
}

/** Of a success, or of what an earlier rollback has left: each undo that failed has its attempts anew. */
function rollBack(world: World): Move[] {
  const by = { label: 'an operator rolls it back', fault: 'rollback by hand' } as const;
  if (world.status === 'succeeded' && world.rollback === 'none')
    return [{ ...by, world: planRollback(world) }];
  if (world.rollback !== 'incomplete') return [];
  let again: World = { ...world, rollback: 'running' };
  for (const index of stepIndexes)
    if (world.steps[index].undo === 'failed')
      again = withStep(again, index, { undo: 'pending', failures: 0 });
  return [{ ...by, world: again }];
}

/** A dead worker's lease ends before anything else needs it. So does that of a frozen one, which wakes up later. */
function workerFaults(world: World, index: 0 | 1): Move[] {
  const worker = world.workers[index];
  if (worker.stage === 'idle') return [];
  const step = world.steps[worker.step];
  let left = withWorker(world, index, idle);
  if (worker.stage === 'sent')
    left =
      worker.verb === 'create'
        ? withStep(left, worker.step, { createsUnderWay: step.createsUnderWay + 1 })
        : withThing(left, worker.step, worker.thing, { isDeleteUnderWay: true });
  const who = nameOf(worker);
  const where = `at "${worker.stage}"`;
  const moves: Move[] = [{ label: `${who}: dies ${where}`, fault: 'crash', world: left }];
  if (worker.lease === 'held')
    moves.push({
      label: `${who}: freezes ${where}, and its lease ends`,
      fault: 'pause',
      world: withWorker(world, index, { ...worker, lease: 'over' }),
    });
  return moves;
}

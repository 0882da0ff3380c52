/**
 * The world that is explored: the ledger, two providers, requests under way, and two workers, of one provisioning.
 *
 * Two steps. Each makes one object. The first has a provider where names are unique and objects carry no mark, as with
 * a Supabase project; the second one where names may repeat and objects carry a mark, as with an n8n workflow.
 *
 * What is left out, and why that hides nothing:
 * - Times. A lease ends when its holder is dead or frozen; until then its holder renews it. Whether a doubt has settled,
 *   or a create is recent, may be either wherever it is asked, within one assumption, the one behind SETTLE_MS: once a
 *   doubt has settled, no create of its step is under way any more, and lists show what there is.
 * - The time between a look and the proof that its absence counts: the product looks again after the proof.
 * - Epochs. Of two workers at most one holds the lease; the other one's epoch is older.
 * - The queue. Any idle worker may claim, at any time, what nobody holds: that is more than jobs and sweeper can do.
 * - Changes, which make no object. Pauses that an operator asked for. Callbacks. Twins, which the assumption excludes.
 * - Calls, doubts and attempts end after two instead of five.
 */
import type { Direction, ResourceState } from '../../src/provisioning.ts';

export type StepIndex = 0 | 1;
export const stepIndexes: readonly StepIndex[] = [0, 1];

/** An object that a call of ours made (the second one only where something is broken), or a stranger's. */
export type ThingName = 'first' | 'second' | 'stranger';
export const ours = ['first', 'second'] as const;
export const thingNames: readonly ThingName[] = [...ours, 'stranger'];

export interface Thing {
  readonly at: 'nowhere' | 'live' | 'going' | 'gone';
  /** Its row in the ledger. */
  readonly listed: 'no' | Exclude<ResourceState, 'intended' | 'forgotten'>;
  /** The effect that deletes it. */
  readonly deletion: 'none' | 'intended' | 'confirmed';
  /** A request to delete it is under way, and nobody waits for its answer. */
  readonly isDeleteUnderWay: boolean;
}

export interface StepWorld {
  readonly run: 'pending' | 'running' | 'succeeded' | 'failed' | 'skipped';
  readonly undo: 'none' | 'pending' | 'running' | 'succeeded' | 'failed';
  /** Attempts of the undo that ended in an error. */
  readonly failures: number;
  /** The effect that creates. */
  readonly create: 'none' | 'intended' | 'refused' | 'confirmed';
  readonly doubts: number;
  /** The doubt was looked into, so that the time runs after which an absence is proof. */
  readonly isDoubtNoted: boolean;
  /** The row of a resource that has no id yet. */
  readonly placeholder: 'none' | 'intended' | 'unknown';
  readonly first: Thing;
  readonly second: Thing;
  readonly stranger: Thing;
  /** The stranger's object is newer than the look that found nothing. */
  readonly isStrangerNewer: boolean;
  /** `blind`: accepted as before, and shown nothing of this kind any more. */
  readonly token: 'good' | 'revoked' | 'blind';
  /** Requests to create that are under way, and nobody waits for their answers. */
  readonly createsUnderWay: number;
}

/** Where a worker stands: what it does next. */
export type Stage =
  | 'idle'
  | 'begin'
  | 'succeed'
  | 'end-rollback'
  | 'measure-doubt'
  | 'look-into-doubt'
  | 'measure-late'
  | 'take-over'
  | 'record-not-made'
  | 'record-foreign'
  | 'look'
  | 'intend'
  | 'pass-gate'
  | 'send'
  /** The request is under way. */
  | 'sent'
  | 'record-made'
  | 'record-refused'
  | 'record-taken'
  | 'record-not-sent'
  | 'verify'
  | 'complete'
  | 'look-for-late'
  | 'record-late'
  | 'read'
  | 'read-again'
  | 'record-deleted'
  | 'wait'
  | 'try-again'
  | 'fail';

export interface Worker {
  readonly stage: Stage;
  /** `over`: it knows by its own clock. `robbed`: another has it, and only the ledger knows. */
  readonly lease: 'none' | 'held' | 'over' | 'robbed';
  readonly direction: Direction;
  readonly step: StepIndex;
  readonly verb: 'create' | 'delete';
  readonly thing: ThingName;
  /** What it has seen proves an absence. */
  readonly isSettled: boolean;
  readonly isInDoubt: boolean;
}

export interface World {
  readonly status: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly rollback: 'none' | 'pending' | 'running' | 'completed' | 'incomplete';
  readonly steps: readonly [StepWorld, StepWorld];
  readonly workers: readonly [Worker, Worker];
}

const nowhere: Thing = { at: 'nowhere', listed: 'no', deletion: 'none', isDeleteUnderWay: false };

const untouched: StepWorld = {
  run: 'pending',
  undo: 'none',
  failures: 0,
  create: 'none',
  doubts: 0,
  isDoubtNoted: false,
  placeholder: 'none',
  first: nowhere,
  second: nowhere,
  stranger: nowhere,
  isStrangerNewer: false,
  token: 'good',
  createsUnderWay: 0,
};

/** All that an idle worker remembers is nothing. */
export const idle: Worker = {
  stage: 'idle',
  lease: 'none',
  direction: 'run',
  step: 0,
  verb: 'create',
  thing: 'first',
  isSettled: false,
  isInDoubt: false,
};

export const firstWorld: World = {
  status: 'queued',
  rollback: 'none',
  steps: [untouched, untouched],
  workers: [idle, idle],
};

export function withStep(world: World, index: StepIndex, change: Partial<StepWorld>): World {
  const [first, second] = world.steps;
  return {
    ...world,
    steps: index === 0 ? [{ ...first, ...change }, second] : [first, { ...second, ...change }],
  };
}

export function withThing(world: World, index: StepIndex, name: ThingName, change: Partial<Thing>): World {
  return withStep(world, index, { [name]: { ...world.steps[index][name], ...change } });
}

export function withWorker(world: World, index: 0 | 1, worker: Worker): World {
  const [first, second] = world.workers;
  return { ...world, workers: index === 0 ? [worker, second] : [first, worker] };
}

export function exists({ at }: Thing): boolean {
  return at === 'live' || at === 'going';
}

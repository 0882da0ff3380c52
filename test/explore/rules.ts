/** What the explored workers decide by: the product's own functions, and what its ledger and gate hold to. */
import { AbsenceUnproven, NotYet, ProviderError, StepFailure } from '../../src/errors.ts';
import type { EffectRow, Snapshot, StepRow } from '../../src/ledger/rows.ts';
import type { StepProgress } from '../../src/ledger/claims.ts';
import type { Direction } from '../../src/provisioning.ts';
import { intentOf } from '../../src/worker/effects/protocol.ts';
import { nextAction, type NextAction } from '../../src/worker/jobs/next-action.ts';
import * as nextCall from '../../src/worker/effects/decide.ts';
import { decideOutcome } from '../../src/worker/jobs/outcome.ts';
import { provisioningRowOf, stepRowOf } from '../helpers/rows.ts';
import type { StepWorld, ThingName, World } from './world.ts';

/** How often an effect may be sent without an answer, and an undo may be refused. */
const limit = 2;

/** What an attempt ends with. `too-late`: it has waited for as long as it may. */
export type Trouble = 'refused-token' | 'unproven' | 'final' | 'not-yet' | 'too-late';

export const productRules = {
  nextAction: (world: World): NextAction => {
    const key = [world.status, world.rollback, ...world.steps.flatMap(({ run, undo }) => [run, undo])].join();
    const action = actions.get(key) ?? nextAction(snapshotOf(world));
    actions.set(key, action);
    return action;
  },
  planCreate: (step: StepWorld) => nextCall.planCreate(creationOf(step), limit).do,
  decideCreate: (step: StepWorld, seen: nextCall.Seen) => nextCall.decideCreate(creationOf(step), seen).do,
  resolveDoubt: nextCall.resolveDoubt,
  followCreate: nextCall.followCreate,
  planUndo: (step: StepWorld) => nextCall.planUndo(creationOf(step)).ask,
  decideDelete: nextCall.decideDelete,
  followDelete: nextCall.followDelete,
  decideOutcome: (trouble: Trouble, direction: Direction, failures: number) =>
    decideOutcome(
      errors[trouble],
      { attempts: failures + 1, interruptions: 0, wait: waits[trouble] },
      direction,
      { maxAttempts: limit, retryBaseMs: 1, pollBaseMs: 1, readyTimeoutMs: 1 },
      () => 0,
    ).is,
  /** What the `find` of a resource type takes for ours: by its mark or, without one, by our password. */
  isOurs(step: StepWorld, name: ThingName, hasMark: boolean): boolean {
    if (hasMark) return name !== 'stranger';
    const creation = creationOf(step);
    const mayExist = creation !== undefined && intentOf(creation).mayExist;
    // It takes our password.
    return mayExist && name !== 'stranger';
  },
  /** A worker claims only what nobody holds. */
  respectsLeases: true,
  /** A write commits only under the newest epoch and an unexpired lease. */
  isFenced: true,
  /** A call begins only before the worker's own deadline. */
  hasDeadline: true,
  /** A call begins only once its intent is committed. */
  writesAhead: true,
  /** How long a doubt lasts is measured before the look that it counts for. */
  measuresFirst: true,
  /** What the token is shown to see, where an absence is to count. */
  sees: (step: StepWorld): nextCall.Sees => (step.token === 'blind' ? 'some' : 'all'),
  /** A refusal is never an absence. */
  checksToken: true,
  /** The assumption behind SETTLE_MS: no request is under way, and no list lags, for longer. */
  requestsEndInTime: true,
  /** Success is written only over `running`. */
  guardsSuccess: true,
};
export type Rules = typeof productRules;

/** The ledger is in few states, many times. */
const actions = new Map<string, NextAction>();

const errors: Readonly<Record<Trouble, Error>> = {
  'refused-token': new ProviderError({ provider: 'p', operation: 'o', outcome: 'not-made', status: 401 }),
  unproven: new AbsenceUnproven('not found'),
  final: new StepFailure('name-taken', 'taken'),
  'not-yet': new NotYet('time'),
  'too-late': new NotYet('time'),
};

const waits: Readonly<Partial<Record<Trouble, StepProgress['wait']>>> = {
  'too-late': { waitingFor: 'time', looks: 1, presentMs: 1, waitedMs: 1, awayMs: 0 },
};

const provisioning = provisioningRowOf({ step_names: ['one', 'two'] });

function rowOf(direction: Direction, position: number, status: StepRow['status']): StepRow {
  return stepRowOf({
    provisioning_id: 'p',
    direction,
    position,
    name: provisioning.step_names[position - 1] ?? '',
    status,
  });
}

function snapshotOf({ status, rollback, steps }: World): Snapshot {
  return {
    provisioning: { ...provisioning, status, rollback_status: rollback },
    steps: steps.flatMap(({ run, undo }, index) => [
      rowOf('run', index + 1, run),
      ...(undo === 'none' ? [] : [rowOf('undo', index + 1, undo)]),
    ]),
  };
}

function creationOf(step: StepWorld): EffectRow | undefined {
  if (step.create === 'none') return undefined;
  return {
    id: 'e',
    step: 'one',
    name: 'create',
    verb: 'create',
    natural_key: 'acme',
    mark: 'prov-p',
    state: step.create,
    calls: 1,
    doubts: step.doubts,
    forgiven_doubts: 0,
    created_at: new Date(0),
    absent_at: undefined,
    called_at: undefined,
    doubt_since: undefined,
  };
}

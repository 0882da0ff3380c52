/** Changes something at a provider until it is seen to be so. */
import { passCrashPoint } from '../../crash-points.ts';
import { StepFailure } from '../../errors.ts';
import { confirmEffect, findEffect, recordNotMade } from '../../ledger/effects.ts';
import type { EffectRow } from '../../ledger/rows.ts';
import { mergeOutput, readOutput } from '../../ledger/steps.ts';
import type { Change } from '../../steps/step.ts';
import {
  commitIntent,
  countedCalls,
  effectKey,
  firstIntent,
  forgiveAbsence,
  hasSettled,
  intentOf,
  newMark,
  refuseFurtherCalls,
  sendCall,
  stillInDoubt,
} from './protocol.ts';
import { decideChange, planChange } from './decide.ts';
import type { EffectScope } from './scope.ts';

/** Returns everything that the step has recorded, this change included. */
export async function makeChange(scope: EffectScope, change: Change<object>): Promise<unknown> {
  const key = effectKey(scope, change.name);
  const effect = await findEffect(scope.pool, key);
  if (planChange(effect, change) === 'return') return recorded(scope);

  const isSettled = effect?.state === 'intended' ? await hasSettled(scope, effect) : true;
  const mark = effect?.mark ?? newMark(scope);
  if (effect?.state === 'intended') passCrashPoint('looking', { verb: 'change' });
  const seen = await change.look(effect === undefined ? firstIntent(mark) : intentOf(effect));
  if (seen !== undefined) return record(scope, effect, seen);
  const { maxCalls } = scope.limits;
  const rules = { ...change, maxCalls };
  const decision = decideChange(countedCalls(effect), { isMade: false, isSettled }, rules);
  if (decision === 'wait') throw stillInDoubt(scope, change.name);
  if (decision === 'give-up') throw refuseFurtherCalls(change.name);
  if (decision === 'refuse-and-call' && effect !== undefined)
    await scope.lease.write((db) => recordNotMade(db, scope.client.provisioningId, effect, true));

  const intended = await scope.lease.write((db) =>
    commitIntent(scope, db, { key, verb: 'change', naturalKey: change.target, mark, earlier: effect }),
  );
  const result = await sendCall(scope, intended, {
    send: (permit) => change.send(permit, intentOf(intended)),
    judge: (refusal) => change.judge?.(refusal),
  });
  if (result.is === 'made') return record(scope, intended, result.value);
  if (result.is === 'name-taken') {
    await scope.lease.write((db) => recordNotMade(db, scope.client.provisioningId, intended));
    throw new StepFailure('name-taken', `${change.name}: something else already has what it needs`);
  }
  const { error } = result;
  await forgiveAbsence(scope, intended, error);
  // A provider that asks to be left alone is.
  if (error.retryAfterMs === undefined) {
    passCrashPoint('looking', { verb: 'change' });
    const found = await change.look(intentOf(intended));
    if (found !== undefined) return record(scope, intended, found);
  }
  if (change.isUnsafeToRepeat === true) throw stillInDoubt(scope, change.name, error);
  throw error;
}

async function record(scope: EffectScope, effect: EffectRow | undefined, output: object): Promise<unknown> {
  await scope.lease.write(async (db) => {
    if (effect !== undefined && effect.state !== 'confirmed')
      await confirmEffect(db, scope.client.provisioningId, effect);
    await mergeOutput(db, { provisioningId: scope.client.provisioningId, name: scope.step.name }, output);
    passCrashPoint('record-open', { verb: 'change', transaction: db });
  });
  passCrashPoint('recorded', { verb: 'change' });
  return recorded(scope);
}

async function recorded(scope: EffectScope): Promise<unknown> {
  return readOutput(scope.pool, scope.client.provisioningId, scope.step.name);
}

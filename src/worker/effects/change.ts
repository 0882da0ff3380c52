/** Changes something at a provider until it is seen to be so. */
import { passCrashPoint } from '../../crash-points.ts';
import { StepFailure } from '../../errors.ts';
import { confirmEffect } from '../../ledger/effects.ts';
import type { EffectRow } from '../../ledger/rows.ts';
import type { Change } from '../../steps/step.ts';
import { decideChange, planChange } from './decide.ts';
import {
  commitIntent,
  effectKey,
  firstIntent,
  forgiveAbsence,
  hasSettled,
  intentOf,
  newMark,
  recordNotMade,
  refuseFurtherCalls,
  sendCall,
  stillInDoubt,
} from './protocol.ts';
import type { EffectScope } from './scope.ts';

/** Returns everything that the step has recorded, this change included. */
export async function makeChange(scope: EffectScope, change: Change<object>): Promise<unknown> {
  const key = effectKey(scope, change.name);
  const effect = await scope.ledger.findEffect(change.name);
  if (planChange(effect, change) === 'return') return scope.ledger.readOutput();

  const isSettled = effect?.state === 'intended' ? await hasSettled(scope, effect) : true;
  const mark = effect?.mark ?? newMark(scope);
  if (effect?.state === 'intended') passCrashPoint('looking', { verb: 'change' });
  const seen = await change.look(effect === undefined ? firstIntent(mark) : intentOf(effect));
  if (seen !== undefined) return record(scope, effect, seen);
  const { maxCalls } = scope.limits;
  const decision = decideChange(effect, isSettled, { ...change, maxCalls });
  if (decision.do === 'wait') throw stillInDoubt(scope, change.name);
  if (decision.do === 'give-up') throw refuseFurtherCalls(change.name);
  if (decision.do === 'refuse-and-call') await recordNotMade(scope, decision.effect, true);

  const intended = await commitIntent(scope, {
    key,
    verb: 'change',
    naturalKey: change.target,
    mark,
    earlier: effect,
  });
  const result = await sendCall(scope, intended, {
    send: (permit) => change.send(permit, intentOf(intended)),
    judge: (refusal) => change.judge?.(refusal),
    whenRefused: () => recordNotMade(scope, intended),
  });
  if (result.is === 'made') return record(scope, intended, result.value);
  if (result.is === 'name-taken') {
    await recordNotMade(scope, intended);
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

/** Records a change that is made. One that a look has shown without any call needs no effect. */
async function record(scope: EffectScope, effect: EffectRow | undefined, output: object): Promise<unknown> {
  const parts = effect === undefined || effect.state === 'confirmed' ? [] : [confirmEffect(effect)];
  scope.ledger.record({ verb: 'change', parts, output });
  return scope.ledger.readOutput();
}

/** Changes something at a provider until it is seen to be so. */
import { passCrashPoint } from '../../crash-points.ts';
import { StepFailure } from '../../errors.ts';
import { confirmEffect, findEffect, refuseEffect } from '../../ledger/effects.ts';
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
import type { Session } from '../claim/session.ts';

type Output = Readonly<Record<string, unknown>>;

/** Returns everything that the step has recorded, this change included. */
export async function makeChange(session: Session, change: Change<Output>): Promise<unknown> {
  const key = effectKey(session, change.name);
  const effect = await findEffect(session.pool, key);
  if (planChange(effect, change) === 'return') return recorded(session);

  const isSettled = effect?.state === 'intended' ? await hasSettled(session, effect) : true;
  const mark = effect?.mark ?? newMark(session);
  if (effect?.state === 'intended') passCrashPoint('looking', { verb: 'change' });
  const seen = await change.look(effect === undefined ? firstIntent(mark) : intentOf(effect));
  if (seen !== undefined) return record(session, effect, seen);
  const { maxCalls } = session.limits;
  const rules = { ...change, maxCalls };
  const decision = decideChange(countedCalls(effect), { isMade: false, isSettled }, rules);
  if (decision === 'wait') throw stillInDoubt(session, change.name);
  if (decision === 'give-up') throw refuseFurtherCalls(change.name);
  if (decision === 'refuse-and-call' && effect !== undefined)
    await session.lease.write((db) => refuseEffect(db, session.client.id, effect, true));

  const intended = await session.lease.write((db) =>
    commitIntent(session, db, { key, verb: 'change', naturalKey: change.target, mark, earlier: effect }),
  );
  const result = await sendCall(session, intended, {
    send: (permit) => change.send(permit, intentOf(intended)),
    judge: (refusal) => change.judge?.(refusal),
  });
  if (result.is === 'made') return record(session, intended, result.value);
  if (result.is === 'name-taken') {
    await session.lease.write((db) => refuseEffect(db, session.client.id, intended));
    throw new StepFailure('name-taken', `${change.name}: something else already has what it needs`);
  }
  const { error } = result;
  await forgiveAbsence(session, intended, error);
  // A provider that asks to be left alone is.
  if (error.retryAfterMs === undefined) {
    passCrashPoint('looking', { verb: 'change' });
    const found = await change.look(intentOf(intended));
    if (found !== undefined) return record(session, intended, found);
  }
  if (change.isUnsafeToRepeat === true) throw stillInDoubt(session, change.name, error);
  throw error;
}

async function record(session: Session, effect: EffectRow | undefined, output: Output): Promise<unknown> {
  await session.lease.write(async (db) => {
    if (effect !== undefined && effect.state !== 'confirmed')
      await confirmEffect(db, session.client.id, effect);
    await mergeOutput(db, { provisioningId: session.client.id, name: session.step.name }, output);
    passCrashPoint('record-open', { verb: 'change', transaction: db });
  });
  passCrashPoint('recorded', { verb: 'change' });
  return recorded(session);
}

async function recorded(session: Session): Promise<unknown> {
  return readOutput(session.pool, session.client.id, session.step.name);
}

/** Changes something at a provider until it is seen to be so. */
import { StepFailure } from '../errors.ts';
import { confirmEffect, findEffect, insertIntent, renewIntent } from '../ledger/effects.ts';
import type { EffectRow } from '../ledger/rows.ts';
import { mergeOutput, readOutput } from '../ledger/steps.ts';
import type { Change } from '../steps/step.ts';
import {
  effectKey,
  hasSettled,
  intentOf,
  newMark,
  refuseFurtherCalls,
  sendCall,
  stillInDoubt,
} from './effect.ts';
import type { Session } from './session.ts';

type Output = Readonly<Record<string, unknown>>;

/** Returns everything that the step has recorded, this change included. */
export async function makeChange(session: Session, change: Change<Output>): Promise<unknown> {
  const key = effectKey(session, change.name);
  let effect = await findEffect(session.pool, key);
  if (effect?.state === 'confirmed' && !change.isRenewable) return recorded(session);

  const isSettled = effect?.state === 'intended' ? await hasSettled(session, effect) : true;
  const mark = effect?.mark ?? newMark(session);
  const seen = await change.look(
    effect === undefined ? { mark, absentAt: undefined, calls: 0 } : intentOf(effect),
  );
  if (seen !== undefined) return record(session, effect, seen);
  if (effect?.state === 'intended' && change.isUnsafeToRepeat === true && !isSettled)
    throw stillInDoubt(session, change.name);
  if (effect !== undefined && effect.state !== 'confirmed' && effect.calls >= session.limits.maxCalls * 2)
    throw refuseFurtherCalls(change.name);

  const before = effect;
  effect = await session.lease.write((db) =>
    before === undefined
      ? insertIntent(db, key, {
          verb: 'change',
          naturalKey: change.target,
          mark,
          epoch: session.lease.epoch,
          absentAt: undefined,
        })
      : renewIntent(db, before.id, session.lease.epoch),
  );
  const intended = effect;
  const result = await sendCall(session, intended, {
    send: (permit) => change.send(permit, intentOf(intended)),
    judge: change.judge && ((refusal) => change.judge?.(refusal)),
  });
  if (result.is === 'made') return record(session, intended, result.value);
  if (result.is === 'name-taken')
    throw new StepFailure('name-taken', `${change.name}: something else already has what it needs`);
  const found = await change.look(intentOf(intended));
  if (found !== undefined) return record(session, intended, found);
  if (change.isUnsafeToRepeat === true) throw stillInDoubt(session, change.name);
  throw result.error;
}

async function record(session: Session, effect: EffectRow | undefined, output: Output): Promise<unknown> {
  await session.lease.write(async (db) => {
    if (effect !== undefined && effect.state !== 'confirmed')
      await confirmEffect(db, session.client.id, effect);
    await mergeOutput(db, { provisioningId: session.client.id, name: session.step.name }, output);
  });
  return recorded(session);
}

async function recorded(session: Session): Promise<unknown> {
  return readOutput(session.pool, session.client.id, session.step.name);
}

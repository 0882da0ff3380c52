/** Makes a resource once: whatever crashes, gets lost or is sent twice, one object of ours is there in the end. */
import { StepFailure } from '../../errors.ts';
import { findEffect, recordNotMade } from '../../ledger/effects.ts';
import type { Queryable } from '../../ledger/pool.ts';
import {
  dropIntendedResource,
  findResourceOfEffect,
  insertIntendedResource,
} from '../../ledger/resources.ts';
import type { EffectRow } from '../../ledger/rows.ts';
import { storeSecret } from '../../ledger/secrets.ts';
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
import { decideCreate, followCreate, planCreate } from './decide.ts';
import {
  lookFor,
  nameTaken,
  oursIn,
  recordCreated,
  reportForeign,
  resolveCreation,
  seenIn,
  type Context,
  type AnyResourceType,
} from './look.ts';
import type { EffectScope } from './scope.ts';

export function creationName(kind: string): string {
  return `create ${kind}`;
}

/** Returns the provider's immutable id. Throws `name-taken`, NotYet, or what the provider answered. */
export async function createResource(
  scope: EffectScope,
  context: Context,
  type: AnyResourceType,
): Promise<string> {
  const key = effectKey(scope, creationName(type.kind));
  let effect = await findEffect(scope.pool, key);
  let plan = planCreate(countedCalls(effect), scope.limits.maxCalls);
  if (plan === 'resolve' && effect !== undefined) {
    const found = await resolveCreation(scope, context, type, effect);
    if (found !== undefined) return found;
    effect = await findEffect(scope.pool, key);
    plan = planCreate(countedCalls(effect), scope.limits.maxCalls);
  }
  if (plan === 'return' && effect !== undefined) return recordedId(scope, effect);
  if (plan === 'give-up') throw refuseFurtherCalls(type.nameFor(scope.client));
  const intended = await intend(scope, context, type, effect);
  return typeof intended === 'string' ? intended : call(scope, context, type, intended);
}

/**
 * Looks before each call, and commits what is about to be sent.
 *
 * An object that is there already is foreign; or ours, where an earlier call was in doubt and has come through late: its id
 * is returned then.
 */
async function intend(
  scope: EffectScope,
  context: Context,
  type: AnyResourceType,
  earlier: EffectRow | undefined,
): Promise<EffectRow | string> {
  const name = type.nameFor(scope.client);
  const mark = earlier?.mark ?? newMark(scope);
  // Before the first call nothing can be ours.
  const lookUp =
    earlier === undefined
      ? await type.find(context, firstIntent(mark))
      : await lookFor(scope, context, type, earlier);
  const decision = decideCreate(earlier, seenIn(lookUp));
  if (decision === 'take-over' && earlier !== undefined)
    return recordCreated(scope, type, earlier, oursIn(lookUp));
  if (decision === 'report-foreign') throw await reportForeign(scope, type, lookUp.objects);

  return scope.lease.write(async (db) => {
    const key = effectKey(scope, creationName(type.kind));
    const intended = await commitIntent(scope, db, {
      key,
      verb: 'create',
      naturalKey: name,
      mark,
      absentAt: lookUp.at,
      earlier,
    });
    await insertIntendedResource(db, {
      provisioningId: scope.client.provisioningId,
      effectId: intended.id,
      step: scope.step.name,
      kind: type.kind,
      name,
    });
    if (earlier === undefined) await chooseSecrets(scope, type, db);
    return intended;
  });
}

async function chooseSecrets(scope: EffectScope, type: AnyResourceType, db: Queryable): Promise<void> {
  for (const [name, value] of Object.entries(type.chooseSecrets?.() ?? {}))
    await storeSecret(db, scope.encryptionKeys, { provisioningId: scope.client.provisioningId, name }, value);
}

async function call(
  scope: EffectScope,
  context: Context,
  type: AnyResourceType,
  effect: EffectRow,
): Promise<string> {
  const result = await sendCall(scope, effect, {
    send: (permit) => type.create(permit, context, intentOf(effect)),
    judge: (refusal) => type.judge(refusal),
    whenRefused: (db) => dropIntendedResource(db, effect.id),
  });
  if (result.is === 'made') return recordCreated(scope, type, effect, [result.value]);
  if (followCreate(result.is, effect.doubts) === 'report-foreign') {
    const lookUp = await lookFor(scope, context, type, effect, { mayExist: false });
    // The object carries our mark: the call came through twice on its way, and its second answer reached us.
    const ours = oursIn(lookUp);
    if (ours.length > 0) return recordCreated(scope, type, effect, ours);
    // Whatever has the name is not ours, even if this token cannot see it. Until here the call is in doubt.
    await scope.lease.write(async (db) => {
      await recordNotMade(db, scope.client.provisioningId, effect);
      await dropIntendedResource(db, effect.id);
    });
    throw lookUp.objects.length > 0
      ? await reportForeign(scope, type, lookUp.objects)
      : nameTaken(scope, type);
  }
  const unansweredBy = result.is === 'in-doubt' ? result.error : undefined;
  if (unansweredBy !== undefined) await forgiveAbsence(scope, effect, unansweredBy);
  if (unansweredBy?.retryAfterMs !== undefined) {
    // The doubt begins now, and the look for what was made comes when the provider takes requests again.
    await hasSettled(scope, effect);
    throw stillInDoubt(scope, type.nameFor(scope.client), unansweredBy);
  }
  const found = await resolveCreation(scope, context, type, effect, unansweredBy);
  if (found !== undefined) return found;
  throw stillInDoubt(scope, type.nameFor(scope.client), unansweredBy);
}

async function recordedId(scope: EffectScope, effect: EffectRow): Promise<string> {
  const resource = await findResourceOfEffect(scope.pool, effect.id);
  if (resource?.external_id === undefined)
    throw new StepFailure('internal-error', `the ledger has no id of what "${effect.name}" made`);
  return resource.external_id;
}

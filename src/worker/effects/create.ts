/** Makes a resource once: whatever crashes, gets lost or is sent twice, one object of ours is there in the end. */
import { randomUUID } from 'node:crypto';
import { passCrashPoint } from '../../crash-points.ts';
import { StepFailure, type ProviderError } from '../../errors.ts';
import { confirmEffect, refuseEffect } from '../../ledger/effects.ts';
import { applyParts, type Part } from '../../ledger/parts.ts';
import {
  confirmResource,
  dropIntendedResource,
  insertIntendedResource,
  insertLiveResource,
  insertTwin,
} from '../../ledger/resources.ts';
import type { EffectRow, ResourceRow } from '../../ledger/rows.ts';
import { storeSecret } from '../../ledger/secrets.ts';
import { mergeOutput } from '../../ledger/steps.ts';
import type { ProviderObject } from '../../steps/step.ts';
import { judgeBySight, notProvenNotMade } from './absence.ts';
import { decideCreate, followCreate, planCreate, resolveDoubt } from './decide.ts';
import { nameTaken, reportForeign } from './foreign.ts';
import {
  findRenamed,
  lookFor,
  oursIn,
  seenIn,
  type AnyResourceType,
  type Context,
  type Output,
} from './look.ts';
import {
  commitIntent,
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
  const name = creationName(type.kind);
  const plan = planCreate(await scope.ledger.findEffect(name), scope.limits.maxCalls);
  if (plan.do === 'return') return recordedId(scope, type, plan.effect);
  if (plan.do === 'give-up') throw refuseFurtherCalls(type.nameFor(scope.client));
  if (plan.do === 'resolve') {
    const found = await resolveCreation(scope, context, type, plan.effect);
    // Nothing was made by that call: its effect is refused now, and planned anew.
    return found ?? createResource(scope, context, type);
  }
  const intended = await intend(scope, context, type, plan.earlier);
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
  const mark = earlier?.mark ?? newMark(scope);
  // Before the first call nothing can be ours.
  const lookUp =
    earlier === undefined
      ? await type.find(context, firstIntent(mark))
      : await lookFor(scope, context, type, earlier);
  const decision = decideCreate(earlier, seenIn(lookUp));
  if (decision.do === 'take-over') return recordCreated(scope, type, decision.effect, oursIn(lookUp));
  if (decision.do === 'report-foreign') throw await reportForeign(scope, type, lookUp.objects);

  const { client, step, encryptionKeys } = scope;
  const { provisioningId } = client;
  const name = type.nameFor(client);
  const planned = {
    key: effectKey(scope, creationName(type.kind)),
    verb: 'create',
    naturalKey: name,
    mark,
    absentAt: lookUp.at,
    earlier,
  } as const;
  return commitIntent(scope, planned, (effectId) => [
    insertIntendedResource({
      id: randomUUID(),
      provisioningId,
      effectId,
      step: step.name,
      kind: type.kind,
      name,
    }),
    ...Object.entries(earlier === undefined ? (type.chooseSecrets?.() ?? {}) : {}).map(([secret, value]) =>
      storeSecret(encryptionKeys, { provisioningId, name: secret }, value),
    ),
  ]);
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
    whenRefused: () => recordNotCreated(scope, effect),
  });
  if (result.is === 'made') return recordCreated(scope, type, effect, [result.value]);
  if (followCreate(result.is, effect.doubts) === 'report-foreign') {
    const lookUp = await lookFor(scope, context, type, effect, { mayExist: false });
    // The object carries our mark: the call came through twice on its way, and its second answer reached us.
    const ours = oursIn(lookUp);
    if (ours.length > 0) return recordCreated(scope, type, effect, ours);
    // Whatever has the name is not ours, even if this token cannot see it. Until here the call is in doubt.
    await recordNotCreated(scope, effect);
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

/**
 * Looks for what a call in doubt may have made.
 *
 * Ours is taken over, and its id returned. Once it has settled, an absence is proof that nothing was made, to a token
 * that sees everything of that kind: undefined, or `name-taken` where a foreign object has the name. Before that NotYet,
 * whatever else is seen: where names are not unique, a foreign object says nothing about ours. `unansweredBy`: the
 * error of the call, where it was made just now.
 */
export async function resolveCreation(
  scope: EffectScope,
  context: Context,
  type: AnyResourceType,
  effect: EffectRow,
  unansweredBy?: ProviderError,
): Promise<string | undefined> {
  const isSettled = await hasSettled(scope, effect);
  passCrashPoint('looking', { verb: 'create' });
  const { seen, decision, sight } = await judgeBySight(
    context,
    type,
    () => lookFor(scope, context, type, effect),
    (lookUp, sees) => resolveDoubt(seenIn(lookUp), isSettled, sees),
  );
  if (decision === 'take-over') return recordCreated(scope, type, effect, oursIn(seen));
  if (decision === 'wait') throw stillInDoubt(scope, type.nameFor(scope.client), unansweredBy);
  if (decision === 'not-proven' || decision === 'prove-sight') throw notProvenNotMade(scope, type, sight);
  const renamed = await findRenamed(scope, context, type, effect, seen);
  if (renamed.length > 0) {
    // The renamed object is ours to delete, and no longer what the step is to make.
    await recordCreated(scope, type, effect, renamed);
    throw nameTaken(scope, type, seen.objects);
  }
  await recordNotCreated(scope, effect, true);
  if (decision === 'report-foreign') throw await reportForeign(scope, type, seen.objects);
  return undefined;
}

/** Records what an effect made, normally one object. Returns the id of the first. */
async function recordCreated(
  scope: EffectScope,
  type: AnyResourceType,
  effect: EffectRow,
  objects: readonly ProviderObject<Output>[],
): Promise<string> {
  const [first, ...twins] = objects;
  if (first === undefined) throw new TypeError('there is nothing to record');
  const { output, externalId } = first;
  const parts = [confirmEffect(effect), ...(await listResource(scope, type, effect, first))];
  if (twins.length === 0) {
    scope.ledger.record({ verb: 'create', parts, output });
    return externalId;
  }
  const { provisioningId } = scope.client;
  const ids = { provisioningId, effectId: effect.id, step: scope.step.name, kind: type.kind };
  await scope.ledger.transact(async (db) => {
    const merged = mergeOutput({ provisioningId, name: scope.step.name }, output);
    await applyParts(db, provisioningId, [...parts, merged]);
    for (const twin of twins) await insertTwin(db, { ...ids, ...twin });
  });
  return externalId;
}

/** The resource is listed as intended since the intent, unless the effect was taken for refused meanwhile. */
async function listResource(
  scope: EffectScope,
  type: AnyResourceType,
  effect: EffectRow,
  object: ProviderObject<Output>,
): Promise<Part[]> {
  const listed = await findResources(scope, type, effect);
  const intended = listed.find(({ external_id: id }) => id === undefined);
  if (intended !== undefined) return [confirmResource(intended, object)];
  const { provisioningId } = scope.client;
  const ids = { id: randomUUID(), provisioningId, effectId: effect.id, step: scope.step.name };
  return [insertLiveResource({ ...ids, kind: type.kind }, object)];
}

/** Records that the call has made nothing. `wasInDoubt`: a look has shown that, and no refusal. */
async function recordNotCreated(scope: EffectScope, effect: EffectRow, wasInDoubt = false): Promise<void> {
  const parts = [refuseEffect(effect, wasInDoubt), dropIntendedResource(effect)];
  await scope.ledger.transact((db) => applyParts(db, scope.client.provisioningId, parts));
}

async function recordedId(scope: EffectScope, type: AnyResourceType, effect: EffectRow): Promise<string> {
  const [resource] = await findResources(scope, type, effect);
  if (resource?.external_id === undefined)
    throw new StepFailure('internal-error', `the ledger has no id of what "${effect.name}" made`);
  return resource.external_id;
}

/** The resources that are recorded of an effect's creation, oldest first. */
async function findResources(
  scope: EffectScope,
  type: AnyResourceType,
  effect: EffectRow,
): Promise<ResourceRow[]> {
  const created = await scope.ledger.listCreated(type.kind);
  return created.filter(({ effect_id: id, state }) => id === effect.id && state !== 'forgotten').toReversed();
}

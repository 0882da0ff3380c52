/** Finds what a create in doubt has made, and records it. */
import { passCrashPoint } from '../../crash-points.ts';
import { StepFailure, type ProviderError } from '../../errors.ts';
import { confirmEffect, recordNotMade } from '../../ledger/effects.ts';
import {
  confirmResource,
  dropIntendedResource,
  findResourceOfEffect,
  insertForeignResource,
  insertIntendedResource,
  insertTwin,
  listCreatedResources,
} from '../../ledger/resources.ts';
import type { EffectRow } from '../../ledger/rows.ts';
import { mergeOutput } from '../../ledger/steps.ts';
import type {
  Intent,
  LookUp,
  ProviderObject,
  ResourceContext,
  ResourceType,
  FoundObject,
} from '../../steps/step.ts';
import { judgeBySight, notProvenNotMade } from './absence.ts';
import { hasSettled, intentOf, stillInDoubt } from './protocol.ts';
import { isOfACall, originalsAmong, resolveDoubt, type Seen } from './decide.ts';
import type { EffectScope } from './scope.ts';

export type Output = Readonly<Record<string, unknown>>;
export type AnyResourceType = ResourceType<object, Output>;
export type Context = ResourceContext<object>;

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
  await scope.lease.write(async (db) => {
    await recordNotMade(db, scope.client.provisioningId, effect, true);
    await dropIntendedResource(db, effect.id);
  });
  if (decision === 'report-foreign') throw await reportForeign(scope, type, seen.objects);
  return undefined;
}

/**
 * Looks for everything of the wanted name, once a call was intended. `known`: what is known better than by the intent.
 *
 * A recorded object needs no other proof. An object is foreign where an operator has taken it off the list, where
 * no call of the effect can have made it, and where it is a copy of one that a call has made.
 */
export async function lookFor(
  scope: EffectScope,
  context: Context,
  type: AnyResourceType,
  effect: EffectRow,
  known: Partial<Pick<Intent, 'mayExist'>> = {},
): Promise<LookUp<Output>> {
  const { recorded, recordedCalls, forgotten } = await listKnown(scope, type, effect);
  const lookUp = await type.find(context, { ...intentOf(effect), ...known, recorded });
  const mayBeOurs = (sighting: FoundObject<Output>) =>
    recorded.includes(sighting.externalId) ||
    (!forgotten.includes(sighting.externalId) && isOfACall(sighting, effect));
  const claimed = lookUp.objects.filter((sighting) => sighting.isOurs && mayBeOurs(sighting));
  const ours = originalsAmong(claimed, recorded, recordedCalls);
  return {
    ...lookUp,
    objects: lookUp.objects.map((sighting) => ({ ...sighting, isOurs: ours.includes(sighting) })),
  };
}

/**
 * Finds objects with our mark under another name: somebody may have renamed what a call in doubt has made.
 *
 * `shown`: the look for the wanted name, which has decided about all that it shows.
 */
export async function findRenamed(
  scope: EffectScope,
  context: Context,
  type: AnyResourceType,
  effect: EffectRow,
  shown: LookUp<Output>,
): Promise<ProviderObject<Output>[]> {
  if (type.search === undefined) return [];
  const { forgotten } = await listKnown(scope, type, effect);
  const candidates = await type.search.list(context.providers);
  candidates.push(...((await type.search.listWithHiddenMark?.(context)) ?? []));
  return candidates
    .filter(
      ({ evidence, provisioningId }) => evidence === 'mark' && provisioningId === scope.client.provisioningId,
    )
    .filter((candidate) => isOfACall(candidate, effect) && !forgotten.includes(candidate.externalId))
    .filter(({ externalId }) => !shown.objects.some((sighting) => sighting.externalId === externalId))
    .map(({ externalId, name, url }) => ({ externalId, name, url, output: {} }));
}

async function listKnown(scope: EffectScope, type: AnyResourceType, effect: EffectRow) {
  const known = await listCreatedResources(
    scope.pool,
    scope.client.provisioningId,
    scope.step.name,
    type.kind,
  );
  const idsOf = (rows: typeof known) => rows.flatMap(({ external_id: id }) => id ?? []);
  return {
    recorded: idsOf(known.filter(({ state }) => state !== 'forgotten' && state !== 'unknown')),
    recordedCalls: known.flatMap((row) => (row.effect_id === effect.id ? (row.made_by ?? []) : [])),
    forgotten: idsOf(known.filter(({ state }) => state === 'forgotten')),
  };
}

export function oursIn(lookUp: LookUp<Output>): FoundObject<Output>[] {
  return lookUp.objects.filter(({ isOurs }) => isOurs);
}

export function seenIn(lookUp: LookUp<Output>): Seen {
  if (oursIn(lookUp).length > 0) return 'ours';
  return lookUp.objects.length > 0 ? 'foreign' : 'nothing';
}

/** Records what an effect made, normally one object. Returns the id of the first. */
export async function recordCreated(
  scope: EffectScope,
  type: AnyResourceType,
  effect: EffectRow,
  objects: readonly ProviderObject<Output>[],
): Promise<string> {
  const [first, ...twins] = objects;
  if (first === undefined) throw new TypeError('there is nothing to record');
  const provisioningId = scope.client.provisioningId;
  const ids = { provisioningId, effectId: effect.id, step: scope.step.name, kind: type.kind };
  await scope.lease.write(async (db) => {
    await confirmEffect(db, provisioningId, effect);
    if ((await findResourceOfEffect(db, effect.id)) === undefined)
      await insertIntendedResource(db, { ...ids, name: type.nameFor(scope.client) });
    await confirmResource(db, provisioningId, effect.id, first);
    for (const twin of twins) await insertTwin(db, { ...ids, ...twin });
    await mergeOutput(db, { provisioningId, name: scope.step.name }, first.output);
    passCrashPoint('record-open', { verb: 'create', transaction: db });
  });
  passCrashPoint('recorded', { verb: 'create' });
  return first.externalId;
}

/** Lists what stands in the way, and says so. */
export async function reportForeign(
  scope: EffectScope,
  type: AnyResourceType,
  objects: readonly FoundObject<Output>[],
): Promise<StepFailure> {
  const ids = { provisioningId: scope.client.provisioningId, step: scope.step.name, kind: type.kind };
  await scope.lease.write(async (db) => {
    for (const sighting of objects) await insertForeignResource(db, { ...ids, ...sighting });
  });
  return nameTaken(scope, type, objects);
}

/** Says what has the name, by its id, and where it is. `objects`: empty where the provider shows none. */
export function nameTaken(
  scope: EffectScope,
  type: AnyResourceType,
  objects: readonly FoundObject<Output>[] = [],
): StepFailure {
  const wanted = `${type.kind} "${type.nameFor(scope.client)}"`;
  const [first, ...others] = objects.map(placeOf);
  if (first === undefined)
    return new StepFailure(
      'name-taken',
      `${wanted} exists already and was not made by this provisioning; its id is hidden from the token`,
    );
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return new StepFailure(
    'name-taken',
    `${wanted} cannot be made: ${first}${more}, and was not made by this provisioning`,
  );
}

function placeOf({ externalId, occupies = 'the name', url }: FoundObject<Output>): string {
  return `${externalId} has ${occupies}${url === undefined ? '' : ` (${url})`}`;
}

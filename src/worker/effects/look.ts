/** Looks at a provider for what the calls of one effect may have made, and tells ours from foreign objects. */
import type { EffectRow } from '../../ledger/rows.ts';
import type {
  FoundObject,
  Intent,
  LookUp,
  ProviderObject,
  ResourceContext,
  ResourceType,
} from '../../steps/step.ts';
import { isOfACall, originalsAmong, type Seen } from './decide.ts';
import { intentOf } from './protocol.ts';
import type { EffectScope } from './scope.ts';

export type Output = Readonly<Record<string, unknown>>;
export type AnyResourceType = ResourceType<object, Output>;
export type Context = ResourceContext<object>;

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
  const mayBeOurs = (found: FoundObject<Output>) =>
    recorded.includes(found.externalId) ||
    (!forgotten.includes(found.externalId) && isOfACall(found, effect));
  const claimed = lookUp.objects.filter((found) => found.isOurs && mayBeOurs(found));
  const ours = originalsAmong(claimed, recorded, recordedCalls);
  return {
    ...lookUp,
    objects: lookUp.objects.map((found) => ({ ...found, isOurs: ours.includes(found) })),
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
    .filter(({ externalId }) => !shown.objects.some((found) => found.externalId === externalId))
    .map(({ externalId, name, url }) => ({ externalId, name, url, output: {} }));
}

async function listKnown(scope: EffectScope, type: AnyResourceType, effect: EffectRow) {
  const known = await scope.ledger.listCreated(type.kind);
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

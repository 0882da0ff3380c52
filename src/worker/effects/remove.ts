/**
 * Deletes what this provisioning made, and sees that it is gone.
 *
 * Only by the recorded immutable id, only what one of our effects made, only after a fresh read. What is in doubt is
 * resolved first. What is not found counts as gone after an accepted deletion of it, or to a token that sees everything.
 */
import { passCrashPoint } from '../../crash-points.ts';
import { NotYet, StepFailure } from '../../errors.ts';
import { confirmEffect } from '../../ledger/effects.ts';
import { applyParts } from '../../ledger/parts.ts';
import { dropIntendedResource, insertTwin, setResourceState } from '../../ledger/resources.ts';
import type { EffectRow, ResourceRow } from '../../ledger/rows.ts';
import { isGone } from '../../provisioning.ts';
import type { Sight } from '../../steps/step.ts';
import { judgeBySight, notProvenGone } from './absence.ts';
import { makeChange } from './change.ts';
import { creationName, resolveCreation } from './create.ts';
import { decideDelete, followDelete, mayHaveTwins, planUndo } from './decide.ts';
import { findRenamed, lookFor, oursIn, type AnyResourceType, type Context } from './look.ts';
import { commitIntent, effectKey, newMark, recordNotMade, sendCall } from './protocol.ts';
import type { EffectScope } from './scope.ts';

/** Deletes all of a kind that this provisioning made. Throws NotYet until each is seen to be gone. */
export async function removeResources(
  scope: EffectScope,
  context: Context,
  type: AnyResourceType,
): Promise<void> {
  const limited = await findLateObjects(scope, context, type);
  for (const resource of await listLeft(scope, type)) await removeResource(scope, context, type, resource);
  if (limited === undefined) return;
  const name = type.nameFor(scope.client);
  throw notProvenGone(`what a further call for ${type.kind} "${name}" may have made`, limited);
}

/** Deletes what a call in doubt has made a second time. Looks only where a call was ever in doubt. */
export async function removeTwins(
  scope: EffectScope,
  context: Context,
  type: AnyResourceType,
  survivorId: string,
): Promise<void> {
  // Asked without waiting for the record of the survivor, which changes none of this.
  const { effects, resources } = scope.ledger.known();
  const creation = effects.find(({ name }) => name === creationName(type.kind));
  const isDoubted = creation !== undefined && mayHaveTwins(creation);
  const isOther = (resource: ResourceRow) =>
    resource.kind === type.kind &&
    !isGone(resource) &&
    resource.external_id !== undefined &&
    resource.external_id !== survivorId;
  if (!isDoubted && !resources.some(isOther)) return;
  if (isDoubted) await recordLateObjects(scope, context, type, creation, true);
  for (const resource of await listLeft(scope, type))
    if (resource.external_id !== survivorId) await removeResource(scope, context, type, resource);
}

async function listLeft(scope: EffectScope, type: AnyResourceType): Promise<ResourceRow[]> {
  const created = await scope.ledger.listCreated(type.kind);
  return created.filter((resource) => !isGone(resource));
}

/**
 * Resolves a create in doubt, and finds what an earlier one has made after all.
 *
 * Returns the sight of a token from which something of that may be hidden. It may still see what is recorded, which is
 * deleted first.
 */
async function findLateObjects(
  scope: EffectScope,
  context: Context,
  type: AnyResourceType,
): Promise<Sight | undefined> {
  const plan = planUndo(await scope.ledger.findEffect(creationName(type.kind)));
  if (plan.ask === 'nothing-made' || plan.ask === 'all-known') return undefined;
  const { creation } = plan;
  if (plan.ask === 'look-for-late') {
    const sight = await type.proveSight(context);
    const limited = sight.sees === 'all' ? undefined : sight;
    await recordLateObjects(scope, context, type, creation, limited === undefined);
    return limited;
  }
  try {
    await resolveCreation(scope, context, type, creation);
  } catch (error) {
    // Somebody else's object of our name: then ours was not made, and there is nothing to delete.
    if (!(error instanceof StepFailure && error.code === 'name-taken')) throw error;
  }
  return undefined;
}

/** Records every object of ours that a look shows, whichever call has made it. `isAll`: no other one is there. */
async function recordLateObjects(
  scope: EffectScope,
  context: Context,
  type: AnyResourceType,
  creation: EffectRow,
  isAll: boolean,
): Promise<void> {
  const lookUp = await lookFor(scope, context, type, creation);
  const ours = [...oursIn(lookUp), ...(await findRenamed(scope, context, type, creation, lookUp))];
  const provisioningId = scope.client.provisioningId;
  const ids = { provisioningId, effectId: creation.id, step: scope.step.name, kind: type.kind };
  await scope.ledger.transact(async (db) => {
    // The intended resource stood for what this look shows, or shows not to be there.
    if (isAll && creation.state === 'refused')
      await applyParts(db, provisioningId, [dropIntendedResource(creation)]);
    for (const object of ours) await insertTwin(db, { ...ids, ...object });
  });
}

async function removeResource(
  scope: EffectScope,
  context: Context,
  type: AnyResourceType,
  resource: ResourceRow,
): Promise<void> {
  const { external_id: externalId } = resource;
  const { settleMs } = scope.limits;
  // Before the read: what it shows counts for the time at which it began.
  const isFresh = await isCreatedWithin(scope, resource, settleMs);
  const key = effectKey(scope, `delete ${type.kind} ${externalId}`);
  const earlier = await scope.ledger.findEffect(key.name);
  const isAccepted = earlier?.state === 'confirmed';
  // The provider has accepted the deletion and does not show it yet. Ask again only when it had time enough.
  const isUnderWay = isAccepted && (await scope.ledger.callAgeMs(earlier.id)) < settleMs;

  const { decision, sight } = await judgeBySight(
    context,
    type,
    async () => (externalId === undefined ? 'present' : type.read(context, externalId)),
    (presence, sees) => decideDelete(resource, { presence, isFresh, sees, isUnderWay, isAccepted }),
  );
  if (decision === 'mark-deleted') return recordDeleted(scope, resource);
  if (decision === 'leave' || externalId === undefined)
    throw new StepFailure(
      'verification-failed',
      resource.error ?? `${type.kind} "${resource.name}" is not proven to be ours`,
    );
  const what = `${type.kind} "${resource.name}"`;
  const toBeGone = new NotYet(`${what} to be gone`);
  if (decision === 'wait') throw toBeGone;
  if (decision !== 'call') throw notProvenGone(what, sight);

  await type.beforeRemoval?.(context.providers, externalId, (change) => makeChange(scope, change));
  const mark = earlier?.mark ?? newMark(scope);
  const call = { key, verb: 'delete', naturalKey: externalId, mark, earlier } as const;
  const effect = await commitIntent(scope, call, () => setResourceState(resource, 'deleting'));
  const result = await sendCall(scope, effect, {
    send: (permit) => type.remove(permit, context, externalId),
    judge: (refusal) => type.judge(refusal),
    whenRefused: () => recordNotMade(scope, effect),
  });
  // While the look is under way: after a crash nobody has to prove that the deletion was accepted.
  if (result.is === 'made' && effect.state !== 'confirmed')
    scope.ledger.record({ parts: [confirmEffect(effect)] });
  passCrashPoint('looking', { verb: 'delete' });
  const next = await judgeBySight(
    context,
    type,
    () => type.read(context, externalId),
    (presence, sees) => followDelete(result.is, { presence, isFresh, sees }),
  );
  if (next.decision === 'mark-deleted') return recordDeleted(scope, resource);
  if (next.decision === 'wait') throw toBeGone;
  if (next.decision === 'retry') throw result.is === 'in-doubt' ? result.error : toBeGone;
  throw notProvenGone(what, next.sight);
}

/** Until then a provider may not show what it has made. */
async function isCreatedWithin(scope: EffectScope, resource: ResourceRow, ms: number): Promise<boolean> {
  const { effect_id: creation } = resource;
  return creation !== undefined && (await scope.ledger.callAgeMs(creation)) < ms;
}

function recordDeleted(scope: EffectScope, resource: ResourceRow): void {
  scope.ledger.record({ verb: 'delete', parts: setResourceState(resource, 'deleted') });
}

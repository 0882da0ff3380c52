/**
 * Deletes what this provisioning made, and sees that it is gone.
 *
 * Only by the recorded immutable id, only what one of our effects made, only after a fresh read. What is in doubt is
 * resolved first.
 */
import { passCrashPoint } from '../crash-points.ts';
import { NotYet, StepFailure } from '../errors.ts';
import { confirmEffect, findEffect, measureCallAge } from '../ledger/effects.ts';
import { insertTwin, listCreatedResources, setResourceState } from '../ledger/resources.ts';
import type { EffectRow, ResourceRow } from '../ledger/rows.ts';
import { creationName } from './create-resource.ts';
import { commitIntent, effectKey, intentOf, newMark, sendCall } from './effect.ts';
import { resolveCreation, type Context, type Kind } from './resolve-creation.ts';
import type { Session } from './session.ts';

export async function removeResources(
  session: Session,
  context: Context,
  kind: Kind,
  before: ((externalId: string) => Promise<void>) | undefined,
): Promise<void> {
  await findLateObjects(session, context, kind);
  for (const resource of await listLeft(session, kind))
    await removeResource(session, context, kind, resource, before);
}

/** Deletes what a call in doubt has made a second time. Looks only where a call was ever in doubt. */
export async function removeTwins(
  session: Session,
  context: Context,
  kind: Kind,
  survivorId: string,
): Promise<void> {
  const creation = await findEffect(session.pool, effectKey(session, creationName(kind.kind)));
  if (creation !== undefined && creation.doubts > 0)
    await recordLateObjects(session, context, kind, creation);
  for (const resource of await listLeft(session, kind))
    if (resource.external_id !== survivorId)
      await removeResource(session, context, kind, resource, undefined);
}

async function listLeft(session: Session, kind: Kind): Promise<ResourceRow[]> {
  const { pool, client, step } = session;
  const created = await listCreatedResources(pool, client.id, step.name, kind.kind);
  return created.filter(({ state }) => state !== 'deleted' && state !== 'forgotten');
}

/** Resolves a create in doubt, and finds what an earlier one has made after all. */
async function findLateObjects(session: Session, context: Context, kind: Kind): Promise<void> {
  const creation = await findEffect(session.pool, effectKey(session, creationName(kind.kind)));
  if (creation === undefined) return;
  if (creation.state !== 'intended') {
    await recordLateObjects(session, context, kind, creation);
    return;
  }
  try {
    await resolveCreation(session, context, kind, creation);
  } catch (error) {
    // Somebody else's object of our name: then ours was not made, and there is nothing to delete.
    if (error instanceof StepFailure && error.code === 'name-taken') return;
    throw error;
  }
}

/** Records every object of ours that a look shows, whichever call has made it. */
async function recordLateObjects(
  session: Session,
  context: Context,
  kind: Kind,
  creation: EffectRow,
): Promise<void> {
  const { sightings } = await kind.find(context, intentOf(creation));
  const ours = sightings.filter(({ isOurs }) => isOurs);
  const provisioningId = session.client.id;
  const ids = { provisioningId, effectId: creation.id, step: session.step.name, kind: kind.kind };
  await session.lease.write(async (db) => {
    for (const object of ours) await insertTwin(db, { ...ids, ...object });
  });
}

async function removeResource(
  session: Session,
  context: Context,
  kind: Kind,
  resource: ResourceRow,
  before: ((externalId: string) => Promise<void>) | undefined,
): Promise<void> {
  const { external_id: externalId } = resource;
  const presence = externalId === undefined ? 'present' : await kind.read(context, externalId);
  if (presence === 'gone') return markDeleted(session, resource);
  if (resource.state === 'unknown' || externalId === undefined)
    throw new StepFailure(
      'verification-failed',
      resource.error ?? `${kind.kind} "${resource.name}" is not proven to be ours`,
    );
  const toBeGone = new NotYet(`${kind.kind} "${resource.name}" to be gone`);
  if (presence === 'going') throw toBeGone;

  const key = effectKey(session, `delete ${kind.kind} ${externalId}`);
  const earlier = await findEffect(session.pool, key);
  // It was accepted and is not visible yet. Ask again only when it had time enough.
  if (
    earlier?.state === 'confirmed' &&
    (await measureCallAge(session.pool, earlier.id)) < session.limits.settleMs
  )
    throw toBeGone;

  await before?.(externalId);
  const effect = await session.lease.write(async (db) => {
    await setResourceState(db, resource, 'deleting');
    const mark = earlier?.mark ?? newMark(session);
    return commitIntent(session, db, { key, verb: 'delete', naturalKey: externalId, mark, earlier });
  });
  const result = await sendCall(session, effect, {
    send: (permit) => kind.remove(permit, context, externalId),
    judge: (refusal) => kind.judge(refusal),
  });
  if (result.is === 'made' && effect.state !== 'confirmed')
    await session.lease.write((db) => confirmEffect(db, session.client.id, effect));
  // Whatever was answered, or was not: only its absence counts.
  passCrashPoint('looking', { verb: 'delete' });
  if ((await kind.read(context, externalId)) === 'gone') return markDeleted(session, resource);
  if (result.is === 'in-doubt') throw result.error;
  throw toBeGone;
}

async function markDeleted(session: Session, resource: ResourceRow): Promise<void> {
  await session.lease.write(async (db) => {
    await setResourceState(db, resource, 'deleted');
    passCrashPoint('record-open', { verb: 'delete', transaction: db });
  });
  passCrashPoint('recorded', { verb: 'delete' });
}

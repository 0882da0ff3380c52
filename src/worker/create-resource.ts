/** Makes a resource once: whatever crashes, gets lost or is sent twice, one object of ours is there in the end. */
import { StepFailure } from '../errors.ts';
import { confirmEffect, findEffect, insertIntent, refuseEffect, renewIntent } from '../ledger/effects.ts';
import {
  confirmResource,
  dropIntendedResource,
  findResourceOfEffect,
  insertForeignResource,
  insertIntendedResource,
} from '../ledger/resources.ts';
import type { EffectRow } from '../ledger/rows.ts';
import { storeSecret } from '../ledger/secrets.ts';
import { mergeOutput } from '../ledger/steps.ts';
import type { LookUp, ProviderObject, ResourceContext, ResourceType, Sighting } from '../steps/step.ts';
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
type Kind = ResourceType<unknown, Output>;
type Context = ResourceContext<unknown>;

export function creationName(kind: string): string {
  return `create ${kind}`;
}

/** Returns the provider's immutable id. Throws `name-taken`, NotYet, or what the provider answered. */
export async function createResource(session: Session, context: Context, kind: Kind): Promise<string> {
  let effect = await findEffect(session.pool, effectKey(session, creationName(kind.kind)));
  if (effect?.state === 'confirmed') return recordedId(session, effect);
  if (effect === undefined) effect = await intend(session, context, kind);
  else {
    if (effect.state === 'intended') {
      const found = await resolveCreation(session, context, kind, effect);
      if (found !== undefined) return found;
    }
    if (effect.calls >= session.limits.maxCalls) throw refuseFurtherCalls(kind.nameFor(session.client));
    const { id } = effect;
    effect = await session.lease.write(async (db) => {
      const renewed = await renewIntent(db, id, session.lease.epoch);
      if ((await findResourceOfEffect(db, id)) === undefined) await insertIntended(session, kind, db, id);
      return renewed;
    });
  }
  return call(session, context, kind, effect);
}

/** Looks before the first call: what is there already is a stranger's. Then commits what is about to be sent. */
async function intend(session: Session, context: Context, kind: Kind): Promise<EffectRow> {
  const mark = newMark(session);
  const lookUp = await kind.find(context, { mark, absentAt: undefined, calls: 0 });
  if (lookUp.sightings.length > 0) throw await reportForeign(session, kind, lookUp);
  return session.lease.write(async (db) => {
    const intended = await insertIntent(db, effectKey(session, creationName(kind.kind)), {
      verb: 'create',
      naturalKey: kind.nameFor(session.client),
      mark,
      epoch: session.lease.epoch,
      absentAt: lookUp.at,
    });
    await insertIntended(session, kind, db, intended.id);
    for (const [name, value] of Object.entries(kind.chooseSecrets?.() ?? {}))
      await storeSecret(db, session.encryptionKeys, { provisioningId: session.client.id, name }, value);
    return intended;
  });
}

async function call(session: Session, context: Context, kind: Kind, effect: EffectRow): Promise<string> {
  const result = await sendCall(session, effect, {
    send: (permit) => kind.create(permit, context, intentOf(effect)),
    judge: (refusal) => kind.judge(refusal),
    whenRefused: (db) => dropIntendedResource(db, effect.id),
  });
  if (result.is === 'made') return record(session, effect, result.value);
  const found = await resolveCreation(session, context, kind, effect);
  if (found !== undefined) return found;
  if (result.is === 'name-taken') throw nameTaken(session, kind);
  throw stillInDoubt(session, kind.nameFor(session.client));
}

/**
 * Finds out what became of a call in doubt.
 *
 * Ours is taken over; a stranger's fails the step; absent and settled is proof that nothing was made: undefined.
 * Absent and not settled: NotYet.
 */
export async function resolveCreation(
  session: Session,
  context: Context,
  kind: Kind,
  effect: EffectRow,
): Promise<string | undefined> {
  const isSettled = await hasSettled(session, effect);
  const lookUp = await kind.find(context, intentOf(effect));
  const ours = lookUp.sightings.find(({ isOurs }) => isOurs);
  if (ours !== undefined) return record(session, effect, ours);
  if (lookUp.sightings.length === 0 && !isSettled) throw stillInDoubt(session, kind.nameFor(session.client));
  await session.lease.write(async (db) => {
    await refuseEffect(db, effect.id);
    await dropIntendedResource(db, effect.id);
  });
  if (lookUp.sightings.length > 0) throw await reportForeign(session, kind, lookUp);
  return undefined;
}

async function record(
  session: Session,
  effect: EffectRow,
  object: ProviderObject<Output> | Sighting<Output>,
): Promise<string> {
  await session.lease.write(async (db) => {
    await confirmEffect(db, session.client.id, effect);
    await confirmResource(db, session.client.id, effect.id, object);
    await mergeOutput(db, { provisioningId: session.client.id, name: session.step.name }, object.output);
  });
  return object.externalId;
}

async function recordedId(session: Session, effect: EffectRow): Promise<string> {
  const resource = await findResourceOfEffect(session.pool, effect.id);
  if (resource?.external_id === undefined)
    throw new StepFailure('internal-error', `the ledger has no id of what "${effect.name}" made`);
  return resource.external_id;
}

async function insertIntended(
  session: Session,
  kind: Kind,
  db: Parameters<typeof insertIntendedResource>[0],
  effectId: string,
): Promise<void> {
  await insertIntendedResource(db, {
    provisioningId: session.client.id,
    effectId,
    step: session.step.name,
    kind: kind.kind,
    name: kind.nameFor(session.client),
  });
}

/** Lists what stands in the way, and says so. */
async function reportForeign(session: Session, kind: Kind, lookUp: LookUp<Output>): Promise<StepFailure> {
  await session.lease.write(async (db) => {
    for (const sighting of lookUp.sightings)
      await insertForeignResource(db, {
        provisioningId: session.client.id,
        step: session.step.name,
        kind: kind.kind,
        externalId: sighting.externalId,
        name: sighting.name,
        url: sighting.url,
      });
  });
  return nameTaken(session, kind);
}

function nameTaken(session: Session, kind: Kind): StepFailure {
  return new StepFailure(
    'name-taken',
    `${kind.kind} "${kind.nameFor(session.client)}" exists already and was not made by this provisioning`,
  );
}

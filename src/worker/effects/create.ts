/** Makes a resource once: whatever crashes, gets lost or is sent twice, one object of ours is there in the end. */
import { StepFailure } from '../../errors.ts';
import { findEffect, refuseEffect } from '../../ledger/effects.ts';
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
  type Kind,
} from './look.ts';
import type { Session } from '../claim/session.ts';

export function creationName(kind: string): string {
  return `create ${kind}`;
}

/** Returns the provider's immutable id. Throws `name-taken`, NotYet, or what the provider answered. */
export async function createResource(session: Session, context: Context, kind: Kind): Promise<string> {
  const key = effectKey(session, creationName(kind.kind));
  let effect = await findEffect(session.pool, key);
  let plan = planCreate(countedCalls(effect), session.limits.maxCalls);
  if (plan === 'resolve' && effect !== undefined) {
    const found = await resolveCreation(session, context, kind, effect);
    if (found !== undefined) return found;
    effect = await findEffect(session.pool, key);
    plan = planCreate(countedCalls(effect), session.limits.maxCalls);
  }
  if (plan === 'return' && effect !== undefined) return recordedId(session, effect);
  if (plan === 'give-up') throw refuseFurtherCalls(kind.nameFor(session.client));
  const intended = await intend(session, context, kind, effect);
  return typeof intended === 'string' ? intended : call(session, context, kind, intended);
}

/**
 * Looks before each call, and commits what is about to be sent.
 *
 * What is there already is a stranger's; or ours, where an earlier call was in doubt and has come through late: its id
 * is returned then.
 */
async function intend(
  session: Session,
  context: Context,
  kind: Kind,
  earlier: EffectRow | undefined,
): Promise<EffectRow | string> {
  const name = kind.nameFor(session.client);
  const mark = earlier?.mark ?? newMark(session);
  // Before the first call nothing can be ours.
  const lookUp =
    earlier === undefined
      ? await kind.find(context, firstIntent(mark))
      : await lookFor(session, context, kind, earlier);
  const decision = decideCreate(earlier, seenIn(lookUp));
  if (decision === 'take-over' && earlier !== undefined)
    return recordCreated(session, kind, earlier, oursIn(lookUp));
  if (decision === 'report-foreign') throw await reportForeign(session, kind, lookUp.sightings);

  return session.lease.write(async (db) => {
    const key = effectKey(session, creationName(kind.kind));
    const intended = await commitIntent(session, db, {
      key,
      verb: 'create',
      naturalKey: name,
      mark,
      absentAt: lookUp.at,
      earlier,
    });
    await insertIntendedResource(db, {
      provisioningId: session.client.id,
      effectId: intended.id,
      step: session.step.name,
      kind: kind.kind,
      name,
    });
    if (earlier === undefined) await chooseSecrets(session, kind, db);
    return intended;
  });
}

async function chooseSecrets(session: Session, kind: Kind, db: Queryable): Promise<void> {
  for (const [name, value] of Object.entries(kind.chooseSecrets?.() ?? {}))
    await storeSecret(db, session.encryptionKeys, { provisioningId: session.client.id, name }, value);
}

async function call(session: Session, context: Context, kind: Kind, effect: EffectRow): Promise<string> {
  const result = await sendCall(session, effect, {
    send: (permit) => kind.create(permit, context, intentOf(effect)),
    judge: (refusal) => kind.judge(refusal),
    whenRefused: (db) => dropIntendedResource(db, effect.id),
  });
  if (result.is === 'made') return recordCreated(session, kind, effect, [result.value]);
  if (followCreate(result.is, effect.doubts) === 'report-foreign') {
    const lookUp = await lookFor(session, context, kind, effect, { mayExist: false });
    // It carries our mark: the call came through twice on its way, and its second answer reached us.
    const ours = oursIn(lookUp);
    if (ours.length > 0) return recordCreated(session, kind, effect, ours);
    // Whatever has the name is not ours, even if this token cannot see it. Until here the call is in doubt.
    await session.lease.write(async (db) => {
      await refuseEffect(db, session.client.id, effect);
      await dropIntendedResource(db, effect.id);
    });
    throw lookUp.sightings.length > 0
      ? await reportForeign(session, kind, lookUp.sightings)
      : nameTaken(session, kind);
  }
  const unansweredBy = result.is === 'in-doubt' ? result.error : undefined;
  if (unansweredBy !== undefined) await forgiveAbsence(session, effect, unansweredBy);
  if (unansweredBy?.retryAfterMs !== undefined) {
    // The doubt begins now, and the look for what was made comes when the provider takes requests again.
    await hasSettled(session, effect);
    throw stillInDoubt(session, kind.nameFor(session.client), unansweredBy);
  }
  const found = await resolveCreation(session, context, kind, effect, unansweredBy);
  if (found !== undefined) return found;
  throw stillInDoubt(session, kind.nameFor(session.client), unansweredBy);
}

async function recordedId(session: Session, effect: EffectRow): Promise<string> {
  const resource = await findResourceOfEffect(session.pool, effect.id);
  if (resource?.external_id === undefined)
    throw new StepFailure('internal-error', `the ledger has no id of what "${effect.name}" made`);
  return resource.external_id;
}

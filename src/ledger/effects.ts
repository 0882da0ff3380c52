/** Effects: the committed record of each mutating call, before it is sent and after its outcome is known. */
import { appendEvent } from './events.ts';
import type { Queryable } from './pool.ts';
import { effectRow, type EffectRow } from './rows.ts';

export interface EffectKey {
  readonly provisioningId: string;
  readonly step: string;
  readonly name: string;
}

export async function findEffect(db: Queryable, key: EffectKey): Promise<EffectRow | undefined> {
  const { rows } = await db.query(
    `select * from ledger.effects
     where provisioning_id = $1 and step = $2 and name = $3 and superseded_at is null`,
    [key.provisioningId, key.step, key.name],
  );
  return rows[0] === undefined ? undefined : effectRow.parse(rows[0]);
}

/** Commits the intent of a call that is about to be sent for the first time. */
export async function insertIntent(
  db: Queryable,
  key: EffectKey,
  intent: {
    readonly verb: EffectRow['verb'];
    readonly naturalKey: string;
    readonly mark: string;
    readonly epoch: number;
    readonly absentAt: Date | undefined;
  },
): Promise<EffectRow> {
  const { rows } = await db.query(
    `insert into ledger.effects
       (provisioning_id, step, name, verb, natural_key, mark, epoch, absent_at, calls, called_at)
     values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, clock_timestamp()), 1, clock_timestamp())
     returning *`,
    [
      key.provisioningId,
      key.step,
      key.name,
      intent.verb,
      intent.naturalKey,
      intent.mark,
      intent.epoch,
      intent.absentAt,
    ],
  );
  const effect = effectRow.parse(rows[0]);
  await appendEvent(db, key.provisioningId, 'effect.intended', {
    effect: effect.id,
    step: key.step,
    name: key.name,
  });
  return effect;
}

/**
 * Commits the intent of a further call: the one before is proven not made, or may be repeated.
 * `absentAt` is from a fresh look, and counts unless an earlier call is in doubt.
 */
export async function renewIntent(
  db: Queryable,
  provisioningId: string,
  effectId: string,
  epoch: number,
  absentAt?: Date,
): Promise<EffectRow> {
  const { rows } = await db.query(
    `update ledger.effects
     set state = case when state = 'confirmed' then state else 'intended' end,
         calls = calls + 1, called_at = clock_timestamp(), doubt_since = null, epoch = $2,
         absent_at = case when doubts = 0 then coalesce($3, absent_at) else absent_at end
     where id = $1 returning *`,
    [effectId, epoch, absentAt],
  );
  const effect = effectRow.parse(rows[0]);
  await appendEvent(db, provisioningId, 'effect.intended', {
    effect: effect.id,
    step: effect.step,
    name: effect.name,
    call: effect.calls,
  });
  return effect;
}

/** The call is proven not made: by a refusal, or by its absence once it has settled (`wasInDoubt`). */
export async function recordNotMade(
  db: Queryable,
  provisioningId: string,
  effect: Pick<EffectRow, 'id' | 'step' | 'name'>,
  wasInDoubt = false,
): Promise<void> {
  const { rowCount } = await db.query(
    `update ledger.effects
     set state = 'refused', doubt_since = null, doubts = doubts + case when $2 then 1 else 0 end
     where id = $1 and state = 'intended'`,
    [effect.id, wasInDoubt],
  );
  if (rowCount === 1)
    await appendEvent(db, provisioningId, 'effect.refused', {
      effect: effect.id,
      step: effect.step,
      name: effect.name,
    });
}

/** The call that is in doubt is not to count against the effect's calls. */
export async function forgiveDoubt(db: Queryable, effectId: string): Promise<void> {
  await db.query('update ledger.effects set forgiven_doubts = forgiven_doubts + 1 where id = $1', [effectId]);
}

/** Notes when the doubt was first looked into, and says for how long that is by the database's clock, in ms. */
export async function measureDoubt(db: Queryable, effectId: string): Promise<number> {
  const { rows } = await db.query<{ doubt_ms: number }>(
    `update ledger.effects set doubt_since = coalesce(doubt_since, clock_timestamp()) where id = $1
     returning (extract(epoch from clock_timestamp() - doubt_since) * 1000)::float8 as doubt_ms`,
    [effectId],
  );
  return rows[0]?.doubt_ms ?? 0;
}

/** The call is proven made. */
export async function confirmEffect(db: Queryable, provisioningId: string, effect: EffectRow): Promise<void> {
  await db.query(
    `update ledger.effects set state = 'confirmed', confirmed_at = clock_timestamp(), doubt_since = null
     where id = $1`,
    [effect.id],
  );
  await appendEvent(db, provisioningId, 'effect.confirmed', {
    effect: effect.id,
    step: effect.step,
    name: effect.name,
  });
}

/** How long ago the effect's newest call was sent, by the database's clock, in ms. */
export async function measureCallAge(db: Queryable, effectId: string): Promise<number> {
  const { rows } = await db.query<{ age_ms: number | null }>(
    `select (extract(epoch from clock_timestamp() - called_at) * 1000)::float8 as age_ms
     from ledger.effects where id = $1`,
    [effectId],
  );
  return rows[0]?.age_ms ?? Infinity;
}

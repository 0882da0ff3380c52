/** Effects: the committed record of each mutating call, before it is sent and after its outcome is known. */
import type { Part } from './parts.ts';
import type { Queryable } from './pool.ts';
import type { EffectRow } from './rows.ts';

export interface EffectKey {
  readonly provisioningId: string;
  readonly step: string;
  readonly name: string;
}

/** The intent of a call that is about to be sent for the first time. Its row comes back. */
export function insertIntent(
  key: EffectKey,
  intent: {
    readonly id: string;
    readonly verb: EffectRow['verb'];
    readonly naturalKey: string;
    readonly mark: string;
    readonly epoch: number;
    readonly absentAt: Date | undefined;
  },
): Part {
  return {
    sql: `insert into ledger.effects
       (id, provisioning_id, step, name, verb, natural_key, mark, epoch, absent_at, calls, called_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9, clock_timestamp()), 1, clock_timestamp())`,
    values: [
      intent.id,
      key.provisioningId,
      key.step,
      key.name,
      intent.verb,
      intent.naturalKey,
      intent.mark,
      intent.epoch,
      intent.absentAt,
    ],
    returns: 'effect',
    events: [{ type: 'effect.intended', data: { effect: intent.id, step: key.step, name: key.name } }],
  };
}

/**
 * The intent of a further call: the one before is proven not made, or may be repeated. Its row comes back.
 * `absentAt` is from a fresh look, and counts unless an earlier call is in doubt.
 */
export function renewIntent(effect: EffectRow, epoch: number, absentAt?: Date): Part {
  return {
    sql: `update ledger.effects
     set state = case when state = 'confirmed' then state else 'intended' end,
         calls = calls + 1, called_at = clock_timestamp(), doubt_since = null, epoch = $2,
         absent_at = case when doubts = 0 then coalesce($3, absent_at) else absent_at end
     where id = $1`,
    values: [effect.id, epoch, absentAt],
    returns: 'effect',
    events: [{ type: 'effect.intended', data: { ...aboutEffect(effect), call: effect.calls + 1 } }],
  };
}

/**
 * The call of an intended effect is proven not made: by a refusal, or by its absence once it has settled (`wasInDoubt`).
 * Its row comes back.
 */
export function refuseEffect(effect: EffectRow, wasInDoubt: boolean): Part {
  return {
    sql: `update ledger.effects
     set state = 'refused', doubt_since = null, doubts = doubts + case when $2::boolean then 1 else 0 end
     where id = $1 and state = 'intended'`,
    values: [effect.id, wasInDoubt],
    returns: 'effect',
    events: [{ type: 'effect.refused', data: aboutEffect(effect) }],
    mustChange: 'the effect is not intended',
  };
}

/** The call is proven made. Its row comes back. */
export function confirmEffect(effect: EffectRow): Part {
  return {
    sql: `update ledger.effects set state = 'confirmed', confirmed_at = clock_timestamp(), doubt_since = null
     where id = $1`,
    values: [effect.id],
    returns: 'effect',
    events: [{ type: 'effect.confirmed', data: aboutEffect(effect) }],
  };
}

function aboutEffect({ id, step, name }: EffectRow) {
  return { effect: id, step, name };
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

/** How long ago the effect's newest call was sent, by the database's clock, in ms. */
export async function measureCallAge(db: Queryable, effectId: string): Promise<number> {
  const { rows } = await db.query<{ age_ms: number | null }>(
    `select (extract(epoch from clock_timestamp() - called_at) * 1000)::float8 as age_ms
     from ledger.effects where id = $1`,
    [effectId],
  );
  return rows[0]?.age_ms ?? Infinity;
}

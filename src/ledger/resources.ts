/** Resources: what exists, or may exist, at a provider. */
import { z } from 'zod';
import type { ResourceState } from '../provisioning.ts';
import { appendEvent } from './events.ts';
import type { Queryable } from './pool.ts';
import { resourceRow, type ResourceRow } from './rows.ts';

export interface SeenObject {
  readonly externalId: string;
  readonly name: string;
  readonly url: string | undefined;
  /** The call that it says has made it. */
  readonly madeBy?: string | undefined;
}

/** Listed from the moment that its creation is intended. */
export async function insertIntendedResource(
  db: Queryable,
  resource: {
    readonly provisioningId: string;
    readonly effectId: string;
    readonly step: string;
    readonly kind: string;
    readonly name: string;
  },
): Promise<void> {
  await db.query(
    `insert into ledger.resources (provisioning_id, effect_id, step, kind, name, origin, state)
     values ($1, $2, $3, $4, $5, 'created', 'intended')`,
    [resource.provisioningId, resource.effectId, resource.step, resource.kind, resource.name],
  );
}

/** The resource of an effect is there, with this immutable id. */
export async function confirmResource(
  db: Queryable,
  provisioningId: string,
  effectId: string,
  object: SeenObject,
): Promise<void> {
  const { rowCount } = await db.query(
    `update ledger.resources
     set external_id = $2, name = $3, url = $4, made_by = $5, state = 'live', updated_at = clock_timestamp()
     where effect_id = $1 and state in ('intended', 'unknown') and external_id is null`,
    [effectId, object.externalId, object.name, object.url, object.madeBy],
  );
  if (rowCount !== 1) throw new Error(`effect ${effectId} has no intended resource to confirm`);
  await appendEvent(db, provisioningId, 'resource.created', {
    externalId: object.externalId,
    name: object.name,
  });
}

/** The creation is proven not made: there is nothing to list. */
export async function dropIntendedResource(db: Queryable, effectId: string): Promise<void> {
  await db.query(`delete from ledger.resources where effect_id = $1 and state in ('intended', 'unknown')`, [
    effectId,
  ]);
}

/** Somebody else's object stands where ours should be. It is listed and never touched. */
export async function insertForeignResource(
  db: Queryable,
  resource: SeenObject & { readonly provisioningId: string; readonly step: string; readonly kind: string },
): Promise<void> {
  const { rowCount } = await db.query(
    `insert into ledger.resources (provisioning_id, step, kind, external_id, name, url, origin, state)
     values ($1, $2, $3, $4, $5, $6, 'foreign', 'live')
     on conflict (provisioning_id, kind, external_id) where origin = 'foreign' do nothing`,
    [resource.provisioningId, resource.step, resource.kind, resource.externalId, resource.name, resource.url],
  );
  if (rowCount === 1)
    await appendEvent(db, resource.provisioningId, 'resource.foreign', {
      kind: resource.kind,
      externalId: resource.externalId,
      name: resource.name,
    });
}

/** The resources that a provisioning made in a step, newest first. */
export async function listCreatedResources(
  db: Queryable,
  provisioningId: string,
  step: string,
  kind: string,
): Promise<ResourceRow[]> {
  const { rows } = await db.query(
    `select * from ledger.resources
     where provisioning_id = $1 and step = $2 and kind = $3 and origin = 'created'
     order by created_at desc, id`,
    [provisioningId, step, kind],
  );
  return z.array(resourceRow).parse(rows);
}

/** A second object of one effect: a call in doubt was sent again, and both were acted on after all. */
export async function insertTwin(
  db: Queryable,
  resource: SeenObject & {
    readonly provisioningId: string;
    readonly effectId: string;
    readonly step: string;
    readonly kind: string;
  },
): Promise<void> {
  const { rowCount } = await db.query(
    `insert into ledger.resources
       (provisioning_id, effect_id, step, kind, external_id, name, url, made_by, origin, state)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'created', 'live')
     on conflict (kind, external_id) where origin = 'created' do nothing`,
    [
      resource.provisioningId,
      resource.effectId,
      resource.step,
      resource.kind,
      resource.externalId,
      resource.name,
      resource.url,
      resource.madeBy,
    ],
  );
  if (rowCount === 1)
    await appendEvent(db, resource.provisioningId, 'resource.created', {
      externalId: resource.externalId,
      name: resource.name,
    });
}

/** The first object that was recorded of an effect's creation. */
export async function findResourceOfEffect(
  db: Queryable,
  effectId: string,
): Promise<ResourceRow | undefined> {
  const { rows } = await db.query(
    `select * from ledger.resources where effect_id = $1 and state <> 'forgotten' order by created_at, id limit 1`,
    [effectId],
  );
  return rows[0] === undefined ? undefined : resourceRow.parse(rows[0]);
}

export async function setResourceState(
  db: Queryable,
  resource: Pick<ResourceRow, 'id' | 'provisioning_id' | 'kind'>,
  state: ResourceState,
  error?: string,
): Promise<void> {
  const { rowCount } = await db.query(
    `update ledger.resources set state = $2, error = $3, updated_at = clock_timestamp()
     where id = $1 and (state <> $2 or error is distinct from $3)`,
    [resource.id, state, error],
  );
  if (rowCount === 1)
    await appendEvent(db, resource.provisioning_id, `resource.${state}`, {
      resource: resource.id,
      kind: resource.kind,
    });
}

/** Marks the resources that an undo which failed for good could not delete. */
export async function failResources(
  db: Queryable,
  provisioningId: string,
  step: string,
  error: string,
): Promise<void> {
  const { rows } = await db.query(
    `select * from ledger.resources
     where provisioning_id = $1 and step = $2 and origin = 'created'
       and state in ('intended', 'live', 'deleting', 'delete-failed')`,
    [provisioningId, step],
  );
  for (const resource of z.array(resourceRow).parse(rows))
    await setResourceState(
      db,
      resource,
      resource.external_id === undefined ? 'unknown' : 'delete-failed',
      error,
    );
  // A call that was once in doubt may have come through late, and the look for that was never made.
  await db.query(
    `insert into ledger.resources (provisioning_id, effect_id, step, kind, name, origin, state, error)
     select provisioning_id, id, step, substr(name, length('create ') + 1), natural_key, 'created', 'unknown', $3
     from ledger.effects e
     where provisioning_id = $1 and step = $2 and verb = 'create' and superseded_at is null
       and state = 'refused' and doubts > 0
       and not exists (select 1 from ledger.resources where effect_id = e.id)`,
    [provisioningId, step, error],
  );
}

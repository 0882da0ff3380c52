/** Resources: what exists, or may exist, at a provider. */
import { z } from 'zod';
import type { ResourceState } from '../provisioning.ts';
import { appendEvent } from './events.ts';
import { applyParts, type Part } from './parts.ts';
import type { Queryable } from './pool.ts';
import { resourceRow, type EffectRow, type ResourceRow } from './rows.ts';

export interface SeenObject {
  readonly externalId: string;
  readonly name: string;
  readonly url: string | undefined;
  /** The call that it says has made it. */
  readonly madeBy?: string | undefined;
}

/** Listed from the moment that its creation is intended. */
export function insertIntendedResource(resource: {
  readonly id: string;
  readonly provisioningId: string;
  readonly effectId: string;
  readonly step: string;
  readonly kind: string;
  readonly name: string;
}): Part {
  const { id, provisioningId, effectId, step, kind, name } = resource;
  return {
    sql: `insert into ledger.resources (id, provisioning_id, effect_id, step, kind, name, origin, state)
     values ($1, $2, $3, $4, $5, $6, 'created', 'intended')`,
    values: [id, provisioningId, effectId, step, kind, name],
    returns: 'resource',
  };
}

/** The object of an intended resource is there, with this immutable id. Its row comes back. */
export function confirmResource({ id }: Pick<ResourceRow, 'id'>, object: SeenObject): Part {
  return {
    sql: `update ledger.resources
     set external_id = $2, name = $3, url = $4, made_by = $5, state = 'live', updated_at = clock_timestamp()
     where id = $1 and state in ('intended', 'unknown') and external_id is null`,
    values: [id, object.externalId, object.name, object.url, object.madeBy],
    returns: 'resource',
    events: [{ type: 'resource.created', data: { externalId: object.externalId, name: object.name } }],
    mustChange: 'the resource is not intended',
  };
}

/** An object is there that no intended resource stands for, since its call had counted as not made. Its row comes back. */
export function insertLiveResource(
  resource: Omit<Parameters<typeof insertIntendedResource>[0], 'name'>,
  object: SeenObject,
): Part {
  const { id, provisioningId, effectId, step, kind } = resource;
  return {
    sql: `insert into ledger.resources
       (id, provisioning_id, effect_id, step, kind, external_id, name, url, made_by, origin, state)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'created', 'live')`,
    values: [
      id,
      provisioningId,
      effectId,
      step,
      kind,
      object.externalId,
      object.name,
      object.url,
      object.madeBy,
    ],
    returns: 'resource',
    events: [{ type: 'resource.created', data: { externalId: object.externalId, name: object.name } }],
  };
}

/** The creation is proven not made: there is nothing to list. */
export function dropIntendedResource({ id: effectId }: Pick<EffectRow, 'id'>): Part {
  return {
    sql: `delete from ledger.resources where effect_id = $1 and state in ('intended', 'unknown')`,
    values: [effectId],
  };
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

/** Its row comes back. No part: it is in that state already. */
export function setResourceState(resource: ResourceRow, state: ResourceState, error?: string): Part[] {
  if (resource.state === state && resource.error === error) return [];
  return [
    {
      sql: `update ledger.resources set state = $2, error = $3, updated_at = clock_timestamp()
     where id = $1`,
      values: [resource.id, state, error],
      returns: 'resource',
      events: [{ type: `resource.${state}`, data: { resource: resource.id, kind: resource.kind } }],
      mustChange: 'the resource is not there',
    },
  ];
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
  const failed = z.array(resourceRow).parse(rows);
  await applyParts(
    db,
    provisioningId,
    failed.flatMap((resource) =>
      setResourceState(resource, resource.external_id === undefined ? 'unknown' : 'delete-failed', error),
    ),
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

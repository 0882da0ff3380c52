/** Somebody else's objects that have a name that we want: they are listed, named, and never touched. */
import { StepFailure } from '../../errors.ts';
import { insertForeignResource } from '../../ledger/resources.ts';
import type { FoundObject } from '../../steps/step.ts';
import type { AnyResourceType, Output } from './look.ts';
import type { EffectScope } from './scope.ts';

/** Lists what stands in the way, and says so. */
export async function reportForeign(
  scope: EffectScope,
  type: AnyResourceType,
  objects: readonly FoundObject<Output>[],
): Promise<StepFailure> {
  const ids = { provisioningId: scope.client.provisioningId, step: scope.step.name, kind: type.kind };
  await scope.ledger.transact(async (db) => {
    for (const object of objects) await insertForeignResource(db, { ...ids, ...object });
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

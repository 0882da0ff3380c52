/** I3: nothing is deleted, or counted as ours, but what this provisioning made itself, and has recorded. */
import type { Violation } from '../world.ts';
import { broken, slackMs, type Case } from './cases.ts';
import { describe } from './calls.ts';
import type { Facts, OwnedMutation } from './facts.ts';
import { textField } from './read.ts';

export function judgeDeletes(facts: Facts): Violation[] {
  const deletes = facts.mutations
    .filter(({ verb, entry }) => verb === 'delete' || entry.method === 'DELETE' || entry.effect === 'deleted')
    .flatMap((mutation) => judgeDelete(facts, mutation));
  return [...deletes, ...facts.cases.flatMap((one) => judgeClaims(facts, one))];
}

function judgeDelete(facts: Facts, mutation: OwnedMutation): Violation[] {
  const what = describe(mutation);
  const { owner, targets, kind, at } = mutation;
  if (targets.length === 0 || kind === undefined) return [broken('I3', `${what}: nobody has ever made that`)];
  if (owner === undefined) return [broken('I3', `${what}: it belongs to no provisioning`)];
  const faults = targets.map((id) => whyForeign(facts, owner, id) ?? whyUnrecorded(owner, kind, id, at));
  // A name that stood for several objects: one of them was meant.
  return faults.includes(undefined) ? [] : [broken('I3', `${what}: ${faults[0]}`)];
}

/** What is listed as created is deleted sooner or later. */
function judgeClaims(facts: Facts, one: Case): Violation[] {
  return one.created.flatMap(({ kind, external_id: id }) => {
    const why = id === undefined ? undefined : whyForeign(facts, one, id);
    return why === undefined ? [] : [broken('I3', `${one.label} counts ${kind} ${id} as its own: ${why}`)];
  });
}

function whyForeign({ strange, mutations }: Facts, owner: Case, id: string): string | undefined {
  if (strange.has(id)) return `${id} is a stranger's`;
  const making = mutations.find(({ entry }) => entry.effect === 'created' && entry.objectId === id);
  if (making === undefined) return `${id} was not made through the API`;
  return making.owner === owner ? undefined : `${id} was made for another provisioning`;
}

function whyUnrecorded(owner: Case, kind: string, id: string, at: number): string | undefined {
  const isListed = owner.created.some((row) => row.kind === kind && row.external_id === id);
  if (!isListed) return `${id} is not listed as created by ${owner.label}`;
  const recorded = owner.events.find(
    ({ type, data }) => type === 'resource.created' && textField(data, 'externalId') === id,
  );
  const isRecorded = recorded !== undefined && recorded.at.getTime() <= at + slackMs;
  return isRecorded ? undefined : `${id} was not recorded as made by then`;
}

/** I1, I11 and I13: what exists at the providers against what the ledger says of it. */
import type { ResourceRow } from '../../../src/ledger/rows.ts';
import type { Violation } from '../world.ts';
import { broken, isCompleted, isIncomplete, listLeft, type Case } from './cases.ts';
import type { Facts, OwnedObject } from './facts.ts';
import { groupBy, textField } from './read.ts';

/** Only at rest: what is under way may be anywhere between its intent and its record. */
export function judgeObjects(facts: Facts): Violation[] {
  return [
    ...facts.objects.flatMap((owned) => judgeObject(facts, owned)),
    ...judgeSurvivors(facts),
    ...facts.cases.flatMap((one) => judgeRollback(facts, one)),
  ];
}

const known = new Set(['live', 'deleting', 'delete-failed', 'unknown', 'forgotten']);

/** I1. A deployment goes with its project, which is judged itself. */
function judgeObject({ cases }: Facts, { object, owner }: OwnedObject): Violation[] {
  if (object.kind === 'vercel.deployment') return [];
  const what = `${object.kind} ${object.id} "${object.name}"`;
  const row = cases
    .flatMap(({ created }) => created)
    .find(({ kind, external_id: id }) => kind === object.kind && id === object.id);
  if (owner === undefined) return [broken('I1', `${what} was made by nobody that the ledger knows`)];
  if (row === undefined) {
    return owner.created.some((listed) => isInDoubt(owner, listed, object.kind, object.name))
      ? []
      : [broken('I1', `${what} of ${owner.label} is not in the ledger`)];
  }
  if (row.provisioning_id !== owner.id)
    return [broken('I1', `${what} of ${owner.label} is listed for another one`)];
  // Completed: I13 says that something is left.
  if (known.has(row.state) || isCompleted(owner)) return [];
  return [broken('I1', `${what} of ${owner.label} exists, and the ledger says ${row.state}`)];
}

/**
 * A call that could not be resolved, since nobody could look: listed by name, without an id, for an operator who has
 * to act before anything goes on.
 */
function isInDoubt(owner: Case, row: ResourceRow, kind: string, name: string): boolean {
  const waits = owner.state === 'paused/none' ? ['intended', 'unknown'] : ['unknown'];
  const isAsked = owner.state === 'paused/none' || isIncomplete(owner);
  return (
    isAsked &&
    row.external_id === undefined &&
    row.kind === kind &&
    row.name === name &&
    waits.includes(row.state)
  );
}

/** I11. What could not be deleted, and is listed as that, is no survivor. Deployments are told apart by their marks. */
function judgeSurvivors({ objects, cases }: Facts): Violation[] {
  const given = new Set(
    cases
      .flatMap(({ created }) => created)
      .filter(({ state }) => state === 'delete-failed' || state === 'unknown')
      .map(({ kind, external_id }) => `${kind} ${external_id}`),
  );
  const survivors = objects.filter(({ object }) => !given.has(`${object.kind} ${object.id}`));
  const groups = groupBy(survivors, ({ object, owner }) => {
    const mark =
      object.kind === 'vercel.deployment' ? textField(object.details, 'meta', 'provisioningMark') : '';
    return owner === undefined ? `nobody ${object.id}` : `${owner.label}: ${object.kind} ${mark}`;
  });
  const atProviders = [...groups].filter(([, list]) => list.length > 1);
  const listed = cases.flatMap(({ label, created }) => [
    ...groupBy(
      created.filter(({ state }) => state === 'live'),
      ({ step, kind }) => `${label}: ${kind} of ${step}, as listed`,
    ),
  ]);
  return [
    ...atProviders.map(([what, list]) =>
      broken('I11', `${what}: ${list.map(({ object }) => object.id).join(', ')}`),
    ),
    ...listed
      .filter(([, list]) => list.length > 1)
      .map(([what, list]) =>
        broken('I11', `${what}: ${list.map(({ external_id }) => external_id).join(', ')}`),
      ),
  ];
}

/** I13. */
function judgeRollback(facts: Facts, one: Case): Violation[] {
  const objects = facts.objects.filter(({ owner }) => owner === one).map(({ object }) => object);
  const isForgotten = (id: string) =>
    one.created.some((row) => row.external_id === id && row.state === 'forgotten');
  const there = objects.filter(({ id, kind }) => kind !== 'vercel.deployment' && !isForgotten(id));
  if (isCompleted(one)) {
    const open = one.effects.filter(({ verb, state }) => verb === 'create' && state === 'intended');
    return [
      ...there.map((object) => broken('I13', `${object.kind} ${object.id} of ${one.label} is left`)),
      ...listLeft(one).map((row) =>
        broken('I13', `${one.label} lists ${row.kind} ${row.external_id} as ${row.state}`),
      ),
      ...open.map(({ name }) => broken('I13', `"${name}" of ${one.label} is still in doubt`)),
    ];
  }
  if (!isIncomplete(one)) return [];
  const left = listLeft(one);
  const unlisted = there.filter(
    ({ id, kind, name }) =>
      !left.some((row) =>
        row.external_id === undefined ? row.kind === kind && row.name === name : row.external_id === id,
      ),
  );
  const gone = left.filter(
    ({ kind, external_id: id, step }) =>
      id !== undefined &&
      !facts.isThere(kind, id) &&
      facts.meddledWith.get(id) !== 'removed' &&
      couldLook(one, step),
  );
  return [
    ...unlisted.map((object) =>
      broken('I13', `${object.kind} ${object.id} is left of ${one.label}, and not listed`),
    ),
    ...gone.map((row) => broken('I13', `${one.label} lists ${row.kind} ${row.external_id}, which is gone`)),
  ];
}

/** A provider that did not answer, refused the token or took too long may have deleted after nobody looked any more. */
function couldLook({ undos }: Case, step: string): boolean {
  const code = undos.find(({ name }) => name === step)?.error?.code;
  return code !== 'provider-unavailable' && code !== 'credentials-rejected' && code !== 'not-ready-in-time';
}

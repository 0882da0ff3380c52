/** I20: everything is named after its client, and no provisioning touches what is not its own. */
import type { Violation } from '../world.ts';
import { broken, type Case } from './cases.ts';
import { describe } from './calls.ts';
import type { Facts, OwnedMutation } from './facts.ts';
import { clientOf, isNamed, nameOf } from './names.ts';
import { field, groupBy, listField, textField } from './read.ts';

export function judgeIsolation(facts: Facts): Violation[] {
  const { cases, mutations, meddledWith } = facts;
  return [
    ...cases.flatMap((one) => judgeNames(one, meddledWith)),
    ...mutations.flatMap((mutation) => judgeRequest(mutation, meddledWith)),
    ...judgeSharing(cases),
    ...judgeMeetings(facts),
    ...judgeNeighbours(facts),
    ...judgeWebhookIds(mutations),
  ].map((what) => broken('I20', what));
}

function judgeNames(one: Case, meddledWith: Facts['meddledWith']): string[] {
  return one.created
    .filter(
      ({ kind, name, external_id: id = '' }) =>
        isNamed(kind) && name !== nameOf(kind, one.clientId) && !meddledWith.has(id),
    )
    .map(({ kind, name }) => `${one.label} lists a ${kind} "${name}"`);
}

function judgeRequest(mutation: OwnedMutation, meddledWith: Facts['meddledWith']): string[] {
  const { owner, verb, kind, name, entry, targetId } = mutation;
  if (owner === undefined || kind === undefined) return [];
  const body = entry.requestBody;
  const what = describe(mutation);
  const faults: string[] = [];
  if (verb === 'create') {
    if (clientOf(kind, name ?? '') !== owner.clientId) faults.push(`${what} is for ${owner.clientId}`);
    const client = listField(body, 'environmentVariables').find((one) => field(one, 'key') === 'CLIENT_ID');
    if (client !== undefined && field(client, 'value') !== owner.clientId)
      faults.push(`${what} tells the client ${String(field(client, 'value'))}`);
    const repository = textField(body, 'gitRepository', 'repo')?.split('/').at(-1);
    // A repository that somebody has renamed is linked by its new name.
    const isRenamed = owner.created.some(
      ({ kind: made, external_id: id = '' }) => made === 'github.repository' && meddledWith.has(id),
    );
    if (repository !== undefined && repository !== nameOf('github.repository', owner.clientId) && !isRenamed)
      faults.push(`${what} links ${repository}`);
  }
  const isOwn = owner.created.some((row) => row.external_id === targetId);
  // Who deletes what is not its own breaks another promise.
  if (verb === 'change' && !isOwn) faults.push(`${what} changes what is not its own`);
  return faults;
}

/** No object belongs to two provisionings. */
function judgeSharing(cases: readonly Case[]): string[] {
  const rows = cases.flatMap(({ created }) => created).filter(({ external_id: id }) => id !== undefined);
  return [...groupBy(rows, ({ kind, external_id: id }) => `${kind} ${id}`)]
    .filter(([, list]) => list.length > 1)
    .map(([what, list]) => `${what} is listed ${list.length} times`);
}

/** No client stands in another one's way. */
function judgeMeetings({ cases, mutations }: Facts): string[] {
  return cases.flatMap((one) =>
    one.resources
      .filter(({ origin }) => origin === 'foreign')
      .flatMap(({ kind, external_id: id }) => {
        const maker = mutations.find(
          ({ entry }) => entry.effect === 'created' && entry.objectId === id,
        )?.owner;
        return maker === undefined || maker.clientId === one.clientId
          ? []
          : [`${one.label} met ${kind} ${id}, which was made for ${maker.clientId}`];
      }),
  );
}

/** Where a stranger had the name before anything was asked for, nothing is made beside it. */
function judgeNeighbours({ mutations, strange, world }: Facts): string[] {
  return mutations
    .filter(({ verb, entry }) => verb === 'create' && entry.effect === 'created')
    .flatMap((mutation) => {
      const { owner, kind, name } = mutation;
      const neighbour = world.objects.find(
        (object) =>
          strange.has(object.id) &&
          object.kind === kind &&
          object.name === name &&
          owner !== undefined &&
          Date.parse(object.createdAt) < owner.row.created_at.getTime() &&
          !world.strangers.some(({ id, act }) => id === object.id && act === 'renamed'),
      );
      return neighbour === undefined
        ? []
        : [`${describe(mutation)} was made beside ${kind} ${neighbour.id}, which had the name before`];
    });
}

/** n8n gives a webhook the address that its id says. */
function judgeWebhookIds(mutations: readonly OwnedMutation[]): string[] {
  const given = mutations
    .filter(({ verb, kind }) => verb === 'create' && kind === 'n8n.workflow')
    .flatMap(({ entry, name = '' }) =>
      listField(entry.requestBody, 'nodes').flatMap((node) => {
        const id = textField(node, 'webhookId');
        return id === undefined ? [] : [{ id, name }];
      }),
    );
  return [...groupBy(given, ({ id }) => id)].flatMap(([id, list]) => {
    const names = new Set(list.map(({ name }) => name));
    return names.size > 1 ? [`${[...names].join(' and ')} have one webhook id, ${id}`] : [];
  });
}

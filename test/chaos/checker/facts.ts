/** The world as the judges of single promises need it: who owns which object, and who has sent which request. */
import type { SandboxObject } from '../../../sandbox/control/objects.ts';
import type { Stranger, World } from '../world.ts';
import { casesOf, slackMs, type Case } from './cases.ts';
import { mutationsIn, type Mutation } from './mutations.ts';
import { clientOf, isNamed, markedProvisioning } from './names.ts';
import { field, listField, textField } from './read.ts';

/** A mutating request, with the case that has sent it as far as that can be told. */
export interface OwnedMutation extends Mutation {
  readonly owner: Case | undefined;
  /** By its id, or the ids that its name may have stood for. */
  readonly targets: readonly string[];
  /** Known for deletes by name too. */
  readonly effects: readonly string[];
}

export interface OwnedObject {
  readonly object: SandboxObject;
  readonly owner: Case | undefined;
}

export interface Facts {
  readonly world: World;
  readonly cases: readonly Case[];
  readonly mutations: readonly OwnedMutation[];
  /** What was made through the API, strangers' objects excluded. */
  readonly objects: readonly OwnedObject[];
  /** Ids of what strangers made. */
  readonly strange: ReadonlySet<string>;
  /** Ids of what strangers have changed or removed, ours or not. */
  readonly meddledWith: ReadonlyMap<string, Stranger['act']>;
  isThere(kind: string, id: string): boolean;
}

export function gatherFacts(world: World): Facts {
  const cases = casesOf(world);
  const strange = new Set([
    ...world.strangers.filter(({ act }) => act === 'created').map(({ id }) => id),
    ...world.objects.filter(({ foreign }) => foreign).map(({ id }) => id),
  ]);
  const mutations = mutationsIn(world.journal).map((mutation) => own(mutation, world, cases));
  const there = new Set(world.objects.map(({ kind, id }) => `${kind} ${id}`));
  return {
    world,
    cases,
    mutations,
    objects: world.objects
      .filter(({ id }) => !strange.has(id))
      .map((object) => ({ object, owner: ownerOf(object, world, cases, mutations) })),
    strange,
    meddledWith: new Map(
      world.strangers.filter(({ act }) => act !== 'created').map(({ id, act }) => [id, act] as const),
    ),
    isThere: (kind, id) => there.has(`${kind} ${id}`),
  };
}

function own(mutation: Mutation, world: World, cases: readonly Case[]): OwnedMutation {
  const targets = targetsOf(mutation, world, cases);
  const { kind, marked, name, at } = mutation;
  const byTarget = cases.findLast(
    ({ row: { created_at: acceptedAt }, created }) =>
      acceptedAt.getTime() <= at + slackMs &&
      created.some(
        (row) => row.kind === kind && row.external_id !== undefined && targets.includes(row.external_id),
      ),
  );
  return {
    ...mutation,
    targets,
    owner: cases.find(({ id }) => id === marked) ?? byTarget ?? byName(cases, kind, name, at),
    effects: mutation.effect === undefined ? targets.map((id) => `delete ${kind} ${id}`) : [mutation.effect],
  };
}

/** GitHub deletes by name, and a name may have stood for several objects, one after the other. */
function targetsOf(
  { entry, kind, targetId, name, verb }: Mutation,
  world: World,
  cases: readonly Case[],
): string[] {
  if (verb === 'create') return [];
  if (targetId !== undefined) return [targetId];
  if (entry.objectId !== undefined) return [entry.objectId];
  const isCalledThat = (one: { readonly kind: string; readonly name: string }) =>
    one.kind === kind && one.name === name;
  const ids = [
    ...cases.flatMap(({ created }) => created.filter(isCalledThat)).flatMap((row) => row.external_id ?? []),
    ...world.objects.filter(isCalledThat).map(({ id }) => id),
    ...world.strangers.filter(isCalledThat).map(({ id }) => id),
  ];
  // A name of which nothing else is known: what was renamed may have had it.
  const renamed = world.strangers
    .filter((one) => one.kind === kind && one.act === 'renamed')
    .map(({ id }) => id);
  return [...new Set(ids.length > 0 ? ids : renamed)];
}

function byName(
  cases: readonly Case[],
  kind: string | undefined,
  name: string | undefined,
  at: number,
): Case | undefined {
  if (kind === undefined || name === undefined || !isNamed(kind)) return undefined;
  const clientId = clientOf(kind, name);
  return cases.findLast((one) => one.clientId === clientId && one.row.created_at.getTime() <= at + slackMs);
}

/** The mark decides; where there is none, the request that made it. */
function ownerOf(
  object: SandboxObject,
  world: World,
  cases: readonly Case[],
  mutations: readonly OwnedMutation[],
): Case | undefined {
  const { details, kind } = object;
  if (kind === 'vercel.deployment') {
    const project = world.objects.find(({ id }) => id === details['projectId']);
    return project === undefined ? undefined : ownerOf(project, world, cases, mutations);
  }
  const marked = markOn(object);
  if (marked !== undefined) return cases.find(({ id }) => id === marked);
  const maker = mutations.find(({ entry }) => entry.effect === 'created' && entry.objectId === object.id);
  return maker?.owner ?? byName(cases, kind, object.name, Date.parse(object.createdAt));
}

/** The provisioning that an object names as its maker. */
function markOn({ details }: SandboxObject): string | undefined {
  const variable = listField(details, 'environmentVariables').find(
    (one) => field(one, 'key') === 'PROVISIONING_ID',
  );
  return (
    markedProvisioning(details['description']) ??
    textField(variable, 'value') ??
    listField(details, 'nodes')
      .map((node) => markedProvisioning(field(node, 'id')))
      .find((id) => id !== undefined)
  );
}

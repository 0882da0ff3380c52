import { json, parameter, type Answer, type Operation, type ProviderRequest } from '../exchange.ts';
import type { World } from '../world.ts';
import { createdBody, listedBody, projectBody } from './answers.ts';
import { seesOrganization } from './organizations.ts';
import { isDeletable, statusOf, type SupabaseProject } from './project.ts';
import { createProjectRequest, describeProblems, regionOf } from './requests.ts';
import type { SupabaseState } from './state.ts';

const quotaMessage =
  'The following organization members have reached their maximum limits for the number of active free ' +
  'projects within organizations where they are an administrator or owner: sandbox (2 project limit). They ' +
  'will need to either delete, pause, or upgrade one or more of these projects before you will be able to ' +
  'create a free project within this organization.';

/** The project that a path names, or the answer when it is not there. */
export function findProject(
  state: SupabaseState,
  request: ProviderRequest,
  world: World,
): { project: SupabaseProject } | { refusal: Answer } {
  if (!seesOrganization(world)) return { refusal: json(404, { message: 'Project not found' }) };
  const ref = parameter(request, 'ref');
  const project = state.projects.get(ref, request.view);
  if (project !== undefined) return { project };
  // Recorded from the real service: a project that was there answers 400, not 404.
  if (state.projects.wasRemoved(ref)) {
    return { refusal: json(400, { message: 'Resource has been removed' }) };
  }
  return { refusal: json(404, { message: 'Project not found' }) };
}

const freeProjects = 2;

function isQuotaReached({ switches }: World, state: SupabaseState): boolean {
  if (switches.isQuotaReached) return true;
  const active = state.projects.all().filter(({ removedAt }) => removedAt === undefined);
  return switches.accounts.supabasePlan === 'free' && active.length >= freeProjects;
}

function create(request: ProviderRequest, world: World, state: SupabaseState): Answer {
  const parsed = createProjectRequest.safeParse(request.body);
  if (!parsed.success) return json(400, { message: describeProblems(parsed.error) });
  const order = parsed.data;
  if (order.region !== undefined && order.region_selection !== undefined) {
    return json(400, { message: 'region and region_selection are mutually exclusive' });
  }
  if (order.organization_slug !== world.supabaseOrganization) {
    return json(404, { message: 'Organization not found' });
  }
  if (world.switches.accounts.supabaseTokenScope === 'project')
    return json(403, { message: 'Forbidden resource' });
  if (isQuotaReached(world, state)) return json(400, { message: quotaMessage });
  if (state.projects.find(({ name }) => name === order.name) !== undefined) {
    return json(400, { message: `Project with name ${order.name} already exists in your organization.` });
  }
  const project = state.create({ name: order.name, region: regionOf(order), password: order.db_pass });
  return json(201, createdBody(project, world), {
    kind: 'created',
    objectKind: 'supabase.project',
    objectId: project.id,
  });
}

function list(request: ProviderRequest, world: World, state: SupabaseState): Answer {
  if (parameter(request, 'slug') !== world.supabaseOrganization) {
    return json(404, { message: 'Organization not found' });
  }
  const limit = Number(request.query.get('limit') ?? 100);
  const offset = Number(request.query.get('offset') ?? 0);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    return json(400, { message: 'limit: must be an integer between 1 and 100' });
  }
  if (!Number.isInteger(offset) || offset < 0) return json(400, { message: 'offset: must be at least 0' });
  const search = (request.query.get('search') ?? '').toLowerCase();
  const statuses = request.query.get('statuses')?.split(',');
  const now = Date.now();
  const found = state.projects
    .all(request.view)
    .filter(() => seesOrganization(world))
    .filter(({ name, id }) => name.toLowerCase().includes(search) || id === search)
    .map((project) => listedBody(project, world, now))
    .filter(({ status }) => statuses === undefined || statuses.includes(status));
  if (request.query.get('sort')?.startsWith('name') !== false) {
    found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  if (request.query.get('sort')?.endsWith('_desc') === true) found.reverse();
  return json(200, {
    projects: found.slice(offset, offset + limit),
    pagination: { count: found.length, limit, offset },
  });
}

function remove(request: ProviderRequest, world: World, state: SupabaseState): Answer {
  const found = findProject(state, request, world);
  if ('refusal' in found) return found.refusal;
  const { project } = found;
  const { switches } = world;
  if (switches.refusedDeletes.has('supabase.project')) {
    return json(403, { message: 'Forbidden resource' });
  }
  if (!isDeletable(project, switches.timing, Date.now())) {
    return json(400, { message: 'Project not ready for deletion.' });
  }
  const isFirst = statusOf(project, switches.timing, Date.now()) !== 'GOING_DOWN';
  state.remove(project);
  // The numeric id is of a series of its own, unlike the ref.
  const answer = json(200, { id: project.createdAt % 2 ** 31, ref: project.id, name: project.name });
  return isFirst
    ? { ...answer, effect: { kind: 'deleted', objectKind: 'supabase.project', objectId: project.id } }
    : answer;
}

/** Create, read, list and delete. */
export function projectOperations(world: World, state: SupabaseState): Operation[] {
  const now = (): number => Date.now();
  return [
    {
      name: 'createProject',
      method: 'POST',
      path: '/v1/projects',
      handle: (request) => create(request, world, state),
    },
    {
      name: 'listAllProjects',
      method: 'GET',
      path: '/v1/projects',
      handle: (request) =>
        json(
          200,
          state.projects
            .all(request.view)
            .map((project) => projectBody(project, world, state.cluster.version, now())),
        ),
    },
    {
      name: 'listProjects',
      method: 'GET',
      path: '/v1/organizations/:slug/projects',
      handle: (request) => list(request, world, state),
    },
    {
      name: 'getProject',
      method: 'GET',
      path: '/v1/projects/:ref',
      handle(request) {
        const found = findProject(state, request, world);
        if ('refusal' in found) return found.refusal;
        return json(200, projectBody(found.project, world, state.cluster.version, now()));
      },
    },
    {
      name: 'deleteProject',
      method: 'DELETE',
      path: '/v1/projects/:ref',
      handle: (request) => remove(request, world, state),
    },
  ];
}

import type { Answer, ProviderRequest } from '../exchange.ts';
import { parameter } from '../exchange.ts';
import type { World } from '../world.ts';
import { vercelError } from './answers.ts';
import type { VercelProject, VercelState } from './state.ts';

/**
 * The account that a request is about: the team it names, or, without one, the user's own, silently.
 * Undefined for a team that is not the token's.
 */
function accountOf(world: World, request: ProviderRequest): string | undefined {
  const id = request.query.get('teamId');
  const slug = request.query.get('slug');
  if (id === null && slug === null) return world.userId;
  return id === world.teamId || (id === null && slug === world.teamSlug) ? world.teamId : undefined;
}

/** A limited token, and a contributor, see none of the projects that they were not given. */
export function seesProjects({ switches: { accounts, blind } }: World): boolean {
  return !accounts.isVercelTokenLimited && accounts.vercelRole !== 'CONTRIBUTOR' && !blind.has('vercel');
}

/** The answer for a team that is not the token's. */
const notAuthorized = (): Answer =>
  vercelError(403, 'Not authorized: Trying to access resource under scope that you are not a member of.');

/** A project of an account, by id or name. */
export function projectIn(
  state: VercelState,
  accountId: string,
  idOrName: string,
  request: ProviderRequest,
  world: World,
): VercelProject | undefined {
  if (!seesProjects(world)) return undefined;
  return state.projects.find(
    (project) => project.accountId === accountId && (project.id === idOrName || project.name === idOrName),
    request.view,
  );
}

/** Runs a handler for the account of a request. */
export function inAccount(
  world: World,
  handle: (request: ProviderRequest, accountId: string) => Answer,
): (request: ProviderRequest) => Answer {
  return (request) => {
    const accountId = accountOf(world, request);
    return accountId === undefined ? notAuthorized() : handle(request, accountId);
  };
}

/** Runs a handler for the project that the path names. */
export function withProject(
  world: World,
  state: VercelState,
  handle: (project: VercelProject, request: ProviderRequest) => Answer,
): (request: ProviderRequest) => Answer {
  return inAccount(world, (request, accountId) => {
    const project = projectIn(state, accountId, parameter(request, 'idOrName'), request, world);
    return project === undefined ? vercelError(404, 'Project not found.') : handle(project, request);
  });
}

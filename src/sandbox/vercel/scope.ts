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
  const team = request.query.get('teamId') ?? request.query.get('slug');
  if (team === null) return world.userId;
  return team === world.teamId || team === world.teamSlug ? world.teamId : undefined;
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
): VercelProject | undefined {
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
    const project = projectIn(state, accountId, parameter(request, 'idOrName'), request);
    return project === undefined ? vercelError(404, 'Project not found.') : handle(project, request);
  });
}

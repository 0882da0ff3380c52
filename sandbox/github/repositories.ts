import { json, parameter, type Answer, type Operation, type ProviderRequest } from '../exchange.ts';
import type { World } from '../world.ts';
import { githubError, isTemplate, repositoryBody } from './answers.ts';
import { generateRequest, repositoryName, topicsRequest } from './requests.ts';
import { isSeen } from './sight.ts';
import type { GithubState, Repository } from './state.ts';

/** The repository that a path names; a former name is redirected to the id. */
export function findRepository(
  world: World,
  state: GithubState,
  request: ProviderRequest,
): { repository: Repository } | { refusal: Answer } {
  const owner = parameter(request, 'owner');
  const name = parameter(request, 'repo');
  if (owner.toLowerCase() !== world.organization.toLowerCase()) return { refusal: githubError(404) };
  const repository = state.findByName(name);
  if (
    repository !== undefined &&
    repository.createdAt < request.view.hiddenSince &&
    isSeen(world, repository)
  )
    return { repository };
  const renamed = state.findByFormerName(name);
  if (renamed === undefined || !isSeen(world, renamed)) return { refusal: githubError(404) };
  const url = `${world.urls.github}/repositories/${renamed.id}`;
  return {
    refusal: {
      status: request.method === 'GET' ? 301 : 307,
      headers: { location: url },
      body: { message: 'Moved Permanently', url, documentation_url: 'https://docs.github.com/rest' },
    },
  };
}

function generate(request: ProviderRequest, world: World, state: GithubState): Answer {
  const parsed = generateRequest.safeParse(request.body);
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => ({
      resource: 'Repository',
      code: 'custom',
      field: path.join('.'),
      message,
    }));
    return githubError(422, 'Validation Failed', errors);
  }
  const found = findRepository(world, state, request);
  if ('refusal' in found) return found.refusal;
  if (!isTemplate(found.repository, world)) return githubError(404);
  if (!state.hasContent(found.repository)) return githubError(422, 'Validation Failed');
  const { accounts } = world.switches;
  // It may administer the template, and a repository that is to be is none of those that it was given.
  if (accounts.githubTokenKind === 'fine-grained' && accounts.githubRepositoryAccess === 'selected')
    return githubError(403, 'Resource not accessible by personal access token');
  const order = parsed.data;
  if (order.owner !== undefined && order.owner.toLowerCase() !== world.organization.toLowerCase()) {
    return githubError(422, 'Could not clone: Owner not found', ['Could not clone: Owner not found']);
  }
  const name = repositoryName(order.name);
  if (state.findByName(name) !== undefined) {
    const message = 'Could not clone: Name already exists on this account';
    return githubError(422, message, [message]);
  }
  const repository = state.create({
    name,
    description: order.description ?? null,
    isPrivate: order.private ?? false,
    template: `${world.organization}/${found.repository.name}`,
  });
  return json(201, repositoryBody(repository, world, state), {
    kind: 'created',
    objectKind: 'github.repository',
    objectId: repository.id,
  });
}

function remove(repository: Repository, world: World, state: GithubState): Answer {
  if (world.switches.refusedDeletes.has('github.repository') || !canDelete(world)) {
    return githubError(403, 'Must have admin rights to Repository.');
  }
  const isFirst = repository.removedAt === undefined;
  state.remove(repository);
  if (!isFirst) return { status: 204 };
  return {
    status: 204,
    effect: { kind: 'deleted', objectKind: 'github.repository', objectId: repository.id },
  };
}

function canDelete({ switches: { accounts, githubScopes } }: World): boolean {
  const isInScope = accounts.githubTokenKind === 'fine-grained' || githubScopes.includes('delete_repo');
  return isInScope && accounts.isGithubAdministrator;
}

/** Generate, read and delete, by name and by id. */
export function repositoryOperations(world: World, state: GithubState): Operation[] {
  const byId = (request: ProviderRequest): Repository | undefined => {
    const found = state.repositories.get(parameter(request, 'id'), request.view);
    return found !== undefined && isSeen(world, found) ? found : undefined;
  };
  return [
    {
      name: 'generateRepository',
      method: 'POST',
      path: '/repos/:owner/:repo/generate',
      handle: (request) => generate(request, world, state),
    },
    {
      name: 'getRepository',
      method: 'GET',
      path: '/repos/:owner/:repo',
      handle(request) {
        const found = findRepository(world, state, request);
        return 'refusal' in found ? found.refusal : json(200, repositoryBody(found.repository, world, state));
      },
    },
    {
      name: 'getRepositoryById',
      method: 'GET',
      path: '/repositories/:id',
      handle(request) {
        const repository = byId(request);
        return repository === undefined
          ? githubError(404)
          : json(200, repositoryBody(repository, world, state));
      },
    },
    {
      name: 'deleteRepository',
      method: 'DELETE',
      path: '/repos/:owner/:repo',
      handle(request) {
        const found = findRepository(world, state, request);
        return 'refusal' in found ? found.refusal : remove(found.repository, world, state);
      },
    },
    {
      name: 'deleteRepositoryById',
      method: 'DELETE',
      path: '/repositories/:id',
      handle(request) {
        const repository = byId(request);
        return repository === undefined ? githubError(404) : remove(repository, world, state);
      },
    },
    {
      name: 'replaceTopics',
      method: 'PUT',
      path: '/repos/:owner/:repo/topics',
      handle(request) {
        const found = findRepository(world, state, request);
        if ('refusal' in found) return found.refusal;
        const parsed = topicsRequest.safeParse(request.body);
        if (!parsed.success) return githubError(422, 'Validation Failed');
        found.repository.topics = parsed.data.names;
        return json(200, parsed.data, {
          kind: 'changed',
          objectKind: 'github.repository',
          objectId: found.repository.id,
        });
      },
    },
  ];
}

import { json, type Answer, type Operation, type ProviderRequest } from '../exchange.ts';
import type { GithubState } from '../github/state.ts';
import { numberWithin } from '../paging.ts';
import { seesNewRepositories, type World } from '../world.ts';
import { projectBody, vercelError } from './answers.ts';
import { createProjectRequest, describeProblem } from './requests.ts';
import { inAccount, seesProjects, withProject } from './scope.ts';
import { createVariable, type RepositoryLink, type VercelProject, type VercelState } from './state.ts';

/** The repository to link, as far as Vercel's GitHub app can see it. */
function linkTo(
  repository: string,
  world: World,
  github: GithubState,
): { link: RepositoryLink } | { refusal: Answer } {
  const [owner = '', name = ''] = repository.split('/');
  const found = owner === world.organization ? github.findByName(name) : undefined;
  if (found === undefined) {
    return {
      refusal: vercelError(
        400,
        `The repository "${repository}" couldn't be found in your linked GitHub account. Make sure that the repository exists and that you have access to it.`,
        'repo_not_found',
      ),
    };
  }
  if (world.switches.accounts.vercelPlan === 'hobby') {
    return {
      refusal: vercelError(
        400,
        'Repositories of an organization cannot be linked by a team on the Hobby plan.',
      ),
    };
  }
  // Recorded at https://github.com/dyad-sh/dyad/issues/3051.
  if (!world.switches.accounts.isVercelConnected) {
    return {
      refusal: vercelError(
        400,
        `Failed to link ${repository}. You need to add a Login Connection to your GitHub account first.`,
        'bad_request',
        {
          action: 'Add a Login Connection',
          link: 'https://vercel.com/docs/accounts/create-an-account#login-methods-and-connections',
          repo: repository,
        },
      ),
    };
  }
  // A repository that was made a moment ago looks as if the app could not see it at all.
  if (!seesNewRepositories(world.switches) || !github.isSeenByVercel(found)) {
    return {
      refusal: vercelError(
        400,
        'To link a GitHub repository, you need to install the GitHub integration first. Make sure there aren’t any typos and that you have access to the repository if it’s private.',
        'bad_request',
        { action: 'Install GitHub App', link: 'https://github.com/apps/vercel', repo: repository },
      ),
    };
  }
  return { link: { repoId: Number(found.id), repository: `${owner}/${found.name}` } };
}

function create(
  request: ProviderRequest,
  accountId: string,
  world: World,
  state: VercelState,
  github: GithubState,
): Answer {
  if (!['OWNER', 'MEMBER'].includes(world.switches.accounts.vercelRole))
    return vercelError(403, "You don't have permission to create a project.");
  const parsed = createProjectRequest.safeParse(request.body);
  if (!parsed.success) return vercelError(400, describeProblem(parsed.error));
  const order = parsed.data;
  // Read at https://github.com/vercel/vercel/issues/17417. Nobody looks here whether the folder is there.
  if (/^\/|(^|\/)\.\.?(\/|$)/.test(order.rootDirectory ?? ''))
    return vercelError(
      400,
      'If defined, the Root Directory must be a relative path not starting with `./` and not including `../` or other special characters.',
      'invalid_root_directory',
    );
  const isTaken = state.projects.find(
    (project) => project.accountId === accountId && project.name === order.name,
  );
  if (isTaken !== undefined) {
    return vercelError(409, `Project "${order.name}" already exists, please use a new name.`);
  }
  const linked =
    order.gitRepository === undefined ? { link: undefined } : linkTo(order.gitRepository.repo, world, github);
  if ('refusal' in linked) return linked.refusal;
  const project = state.create({
    name: order.name,
    accountId,
    framework: order.framework ?? null,
    rootDirectory: order.rootDirectory ?? null,
    link: linked.link,
  });
  const isPolicyOn = world.switches.accounts.vercelVariablePolicy === 'on';
  project.variables = (order.environmentVariables ?? []).map(({ comment: _comment, ...variable }) => {
    // A variable for development can't be sensitive.
    const isHidden = isPolicyOn && !variable.target.includes('development');
    return createVariable(isHidden ? { ...variable, type: 'sensitive' } : variable);
  });
  return json(200, projectBody(project, world, state), {
    kind: 'created',
    objectKind: 'vercel.project',
    objectId: project.id,
  });
}

function matches(project: VercelProject, query: URLSearchParams): boolean {
  const search = query.get('search');
  const repoId = query.get('repoId');
  const repository = query.get('repo');
  return (
    (search === null || project.name.includes(search.toLowerCase())) &&
    (repoId === null || String(project.link?.repoId) === repoId) &&
    (repository === null || project.link?.repository.endsWith(repository) === true)
  );
}

/** Newest first; `from` is the continuation that the page before named. */
function list(request: ProviderRequest, accountId: string, world: World, state: VercelState): Answer {
  const limit = numberWithin(request.query, 'limit', 20, { most: 100 });
  const from = request.query.get('from');
  const found = state.projects
    .all(request.view)
    .filter(() => seesProjects(world))
    .filter((project) => project.accountId === accountId && matches(project, request.query))
    .toReversed();
  const start = from === null ? 0 : found.findIndex(({ id }) => id === from);
  if (start < 0) return vercelError(400, 'Invalid request: `from` is not a valid continuation.');
  const page = found.slice(start, start + limit);
  return json(200, {
    projects: page.map((project) => projectBody(project, world, state)),
    pagination: { count: page.length, next: found[start + limit]?.id ?? null },
  });
}

function remove(project: VercelProject, world: World, state: VercelState): Answer {
  if (world.switches.refusedDeletes.has('vercel.project')) {
    return vercelError(403, "You don't have permission to delete this project.");
  }
  const isFirst = project.removedAt === undefined;
  state.remove(project);
  if (!isFirst) return { status: 204 };
  return { status: 204, effect: { kind: 'deleted', objectKind: 'vercel.project', objectId: project.id } };
}

/** Create, read, list and delete. */
export function projectOperations(world: World, state: VercelState, github: GithubState): Operation[] {
  return [
    {
      name: 'createVercelProject',
      method: 'POST',
      path: '/v11/projects',
      handle: inAccount(world, (request, accountId) => create(request, accountId, world, state, github)),
    },
    {
      name: 'listVercelProjects',
      method: 'GET',
      path: '/v10/projects',
      handle: inAccount(world, (request, accountId) => list(request, accountId, world, state)),
    },
    {
      name: 'getVercelProject',
      method: 'GET',
      path: '/v9/projects/:idOrName',
      handle: withProject(world, state, (project) => json(200, projectBody(project, world, state))),
    },
    {
      name: 'listProjectDomains',
      method: 'GET',
      path: '/v9/projects/:idOrName/domains',
      handle: withProject(world, state, (project) =>
        json(200, {
          domains: [
            {
              name: project.domain,
              apexName: 'vercel.app',
              projectId: project.id,
              redirect: null,
              redirectStatusCode: null,
              gitBranch: null,
              createdAt: project.createdAt,
              updatedAt: project.createdAt,
              verified: true,
            },
          ],
          pagination: { count: 1, next: null, prev: null },
        }),
      ),
    },
    {
      name: 'deleteVercelProject',
      method: 'DELETE',
      path: '/v9/projects/:idOrName',
      handle: withProject(world, state, (project) => remove(project, world, state)),
    },
  ];
}

import { json, parameter, type Answer, type Operation, type ProviderRequest } from '../exchange.ts';
import type { GithubState } from '../github/state.ts';
import { numberWithin } from '../paging.ts';
import { seesNewRepositories, type World } from '../world.ts';
import { vercelError } from './answers.ts';
import { deploymentBody, listedDeployment } from './deployment-answers.ts';
import { progressOf } from './deployment-progress.ts';
import { createDeploymentRequest, describeProblem, type CreateDeploymentRequest } from './requests.ts';
import { inAccount, projectIn, seesProjects } from './scope.ts';
import type { Deployment, VercelProject, VercelState } from './state.ts';

type GitSource = NonNullable<CreateDeploymentRequest['gitSource']>;

/** The commit to build, or the refusal while Vercel's index does not know it. */
function commitOf(
  source: GitSource,
  world: World,
  github: GithubState,
): { sha: string } | { refusal: Answer } {
  const repository =
    source.repoId === undefined
      ? github.findByName(source.repo ?? '')
      : github.repositories.get(String(source.repoId));
  const isKnown =
    repository !== undefined &&
    seesNewRepositories(world.switches) &&
    github.isContentSeenByVercel(repository) &&
    source.ref === repository.defaultBranch &&
    (source.sha === undefined || source.sha === repository.sha);
  if (isKnown) return { sha: repository.sha };
  return {
    refusal: vercelError(
      400,
      'The provided GitHub repository can’t be found or its git source information is incorrect.',
      'incorrect_git_source_info',
    ),
  };
}

function create(
  request: ProviderRequest,
  accountId: string,
  world: World,
  state: VercelState,
  github: GithubState,
): Answer {
  const parsed = createDeploymentRequest.safeParse(request.body);
  if (!parsed.success) return vercelError(400, describeProblem(parsed.error));
  const order = parsed.data;
  const project = projectIn(state, accountId, order.project ?? order.name, request, world);
  if (project === undefined) return vercelError(404, 'Project not found.');
  if (order.gitSource === undefined) {
    return vercelError(400, 'Invalid request: missing required property `gitSource`.');
  }
  const commit = commitOf(order.gitSource, world, github);
  if ('refusal' in commit) return commit.refusal;
  const deployment = state.deploy(project, {
    target: order.target === 'production' ? 'production' : null,
    meta: order.meta,
    ref: order.gitSource.ref,
    sha: commit.sha,
  });
  return json(200, deploymentBody(deployment, project, world), {
    kind: 'created',
    objectKind: 'vercel.deployment',
    objectId: deployment.id,
  });
}

interface Found {
  deployment: Deployment;
  project: VercelProject;
}

function list(request: ProviderRequest, accountId: string, world: World, state: VercelState): Answer {
  const { query } = request;
  const limit = numberWithin(query, 'limit', 20, { most: 100 });
  const until = Number(query.get('until') ?? Infinity);
  const wanted = query.get('projectId');
  const app = query.get('app');
  const found = state.deployments
    .all(request.view)
    .toReversed()
    .flatMap((deployment): Found[] => {
      const project = state.projects.get(deployment.projectId, request.view);
      return project?.accountId === accountId ? [{ deployment, project }] : [];
    })
    .filter(
      ({ deployment, project }) =>
        seesProjects(world) &&
        (wanted === null || project.id === wanted || project.name === wanted) &&
        (app === null || deployment.name === app) &&
        (query.get('sha') === null || deployment.sha === query.get('sha')) &&
        (query.get('target') === null || (deployment.target ?? 'preview') === query.get('target')) &&
        deployment.createdAt < until,
    );
  const page = found.slice(0, limit);
  const isMore = found.length > limit;
  return json(200, {
    deployments: page.map(({ deployment, project }) => listedDeployment(deployment, project, world)),
    pagination: {
      count: page.length,
      next: isMore ? (page.at(-1)?.deployment.createdAt ?? null) : null,
      prev: page[0]?.deployment.createdAt ?? null,
    },
  });
}

/** Create, read, list and cancel. */
export function deploymentOperations(world: World, state: VercelState, github: GithubState): Operation[] {
  const withDeployment = (handle: (found: Found) => Answer) =>
    inAccount(world, (request, accountId) => {
      const wanted = parameter(request, 'idOrUrl');
      const deployment = state.deployments.find(
        ({ id, url }) => id === wanted || url === wanted,
        request.view,
      );
      const project = deployment && state.projects.get(deployment.projectId, request.view);
      if (deployment === undefined || project?.accountId !== accountId || !seesProjects(world)) {
        return vercelError(404, 'The deployment could not be found.');
      }
      return handle({ deployment, project });
    });
  return [
    {
      name: 'createDeployment',
      method: 'POST',
      path: '/v13/deployments',
      handle: inAccount(world, (request, accountId) => create(request, accountId, world, state, github)),
    },
    {
      name: 'getDeployment',
      method: 'GET',
      path: '/v13/deployments/:idOrUrl',
      handle: withDeployment(({ deployment, project }) =>
        json(200, deploymentBody(deployment, project, world)),
      ),
    },
    {
      name: 'listDeployments',
      method: 'GET',
      path: '/v6/deployments',
      handle: inAccount(world, (request, accountId) => list(request, accountId, world, state)),
    },
    {
      name: 'cancelDeployment',
      method: 'PATCH',
      path: '/v12/deployments/:idOrUrl/cancel',
      handle: withDeployment(({ deployment, project }) => {
        const { readyState } = progressOf(deployment, world.switches.timing, Date.now());
        if (!['QUEUED', 'INITIALIZING', 'BUILDING'].includes(readyState)) {
          return vercelError(400, 'The deployment is already finished and cannot be canceled.');
        }
        deployment.cancelledAt = Date.now();
        return json(200, deploymentBody(deployment, project, world), {
          kind: 'changed',
          objectKind: 'vercel.deployment',
          objectId: deployment.id,
        });
      }),
    },
  ];
}

import type { World } from '../world.ts';
import { aliasesOf, creatorOf } from './answers.ts';
import { progressOf } from './deployment-progress.ts';
import type { Deployment, VercelProject } from './state.ts';

/** Seen in public reports: the code, which is in no reference, and the sentence. */
const blocks = {
  'author-not-in-team': {
    seatBlock: { blockCode: 'TEAM_ACCESS_REQUIRED', isVerified: false },
    readyStateReason: 'Git author sandbox must have access to the project on Vercel to create deployments.',
  },
  'commit-not-verified': { readyStateReason: 'The commit is not verified.' },
  none: { readyStateReason: 'The deployment was blocked by a team policy' },
} as const;

function sourceOf(deployment: Deployment, project: VercelProject) {
  return { type: 'github', repoId: project.link?.repoId ?? 0, ref: deployment.ref, sha: deployment.sha };
}

/** A deployment in full. */
export function deploymentBody(deployment: Deployment, project: VercelProject, world: World) {
  const { readyState, isAliasAssigned } = progressOf(deployment, world.switches.timing, Date.now());
  const { createdAt } = deployment;
  return {
    id: deployment.id,
    name: deployment.name,
    url: deployment.url,
    type: 'LAMBDAS',
    version: 2,
    projectId: project.id,
    project: { id: project.id, name: project.name, framework: project.framework },
    ownerId: project.accountId,
    team: { id: project.accountId, slug: world.teamSlug, name: world.teamSlug },
    plan: 'pro',
    target: deployment.target,
    status: readyState,
    readyState,
    alias: aliasesOf(deployment, project, world),
    aliasAssigned: isAliasAssigned,
    aliasError: null,
    ...(readyState === 'ERROR' ? deployment.buildError : {}),
    ...(readyState === 'BLOCKED' ? blocks[world.switches.accounts.vercelBlock] : {}),
    ...(deployment.cancelledAt === undefined ? {} : { canceledAt: deployment.cancelledAt }),
    createdAt,
    bootedAt: createdAt,
    buildingAt: createdAt,
    ...(readyState === 'READY' ? { ready: createdAt + world.switches.timing.deploymentReadyAfterMs } : {}),
    buildSkipped: false,
    isInConcurrentBuildsQueue: readyState === 'QUEUED',
    isInSystemBuildsQueue: false,
    build: { env: [] },
    env: project.variables.map(({ key }) => key),
    inspectorUrl: `https://vercel.com/${world.teamSlug}/${project.name}/${deployment.id.slice(4)}`,
    projectSettings: { framework: project.framework },
    creator: creatorOf(world),
    createdIn: 'iad1',
    regions: ['iad1'],
    routes: null,
    public: false,
    meta: deployment.meta,
    gitSource: sourceOf(deployment, project),
  };
}

/** A deployment as the list shows it: `uid` instead of `id`, `created` besides `createdAt`. */
export function listedDeployment(deployment: Deployment, project: VercelProject, world: World) {
  const { readyState, isAliasAssigned } = progressOf(deployment, world.switches.timing, Date.now());
  return {
    uid: deployment.id,
    name: deployment.name,
    projectId: project.id,
    url: deployment.url,
    created: deployment.createdAt,
    createdAt: deployment.createdAt,
    type: 'LAMBDAS',
    state: readyState,
    readyState,
    target: deployment.target,
    aliasAssigned: isAliasAssigned ? deployment.createdAt : null,
    aliasError: null,
    creator: creatorOf(world),
    inspectorUrl: `https://vercel.com/${world.teamSlug}/${project.name}/${deployment.id.slice(4)}`,
    meta: deployment.meta,
    isRollbackCandidate: false,
  };
}

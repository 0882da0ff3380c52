import { STATUS_CODES } from 'node:http';
import { json, type Answer } from '../exchange.ts';
import { fingerprint } from '../random.ts';
import type { World } from '../world.ts';
import { progressOf } from './deployment-progress.ts';
import type { Deployment, Variable, VercelProject, VercelState } from './state.ts';

const codes: Record<number, string> = {
  400: 'bad_request',
  401: 'not_authorized',
  402: 'payment_required',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  429: 'rate_limited',
};

/** An error in Vercel's form. */
export function vercelError(
  status: number,
  message?: string,
  code?: string,
  more: Record<string, unknown> = {},
): Answer {
  return json(status, {
    error: {
      code: code ?? codes[status] ?? 'internal_server_error',
      message: message ?? STATUS_CODES[status] ?? 'Error',
      ...more,
    },
  });
}

/** A variable as it can be read back: a sensitive one never in the clear. */
export function variableBody(variable: Variable) {
  const { value, type, createdAt, ...rest } = variable;
  return {
    ...rest,
    type,
    value: shownValue(type, value),
    ...(type === 'encrypted' ? { decrypted: false } : {}),
    configurationId: null,
    createdAt,
    updatedAt: createdAt,
    createdBy: null,
    updatedBy: null,
  };
}

function shownValue(type: Variable['type'], value: string): string {
  if (type === 'plain' || type === 'system') return value;
  return type === 'encrypted' ? Buffer.from(fingerprint(value)).toString('base64') : '';
}

function linkBody(project: VercelProject) {
  if (project.link === undefined) return undefined;
  const [org = '', repo = ''] = project.link.repository.split('/');
  return {
    type: 'github',
    repo,
    repoId: project.link.repoId,
    org,
    repoOwnerId: 2001,
    gitCredentialId: 'cred_sandbox',
    productionBranch: 'main',
    sourceless: true,
    createdAt: project.createdAt,
    updatedAt: project.createdAt,
    deployHooks: [],
  };
}

const resources = { functionDefaultRegions: ['iad1'] };

/** A project, with its link, its variables and its newest production deployment. */
export function projectBody(project: VercelProject, world: World, state: VercelState) {
  const deployments = state.deployments.all().filter(({ projectId }) => projectId === project.id);
  const production = deployments.findLast(({ target }) => target === 'production');
  const link = linkBody(project);
  return {
    accountId: project.accountId,
    id: project.id,
    name: project.name,
    createdAt: project.createdAt,
    updatedAt: project.createdAt,
    framework: project.framework,
    nodeVersion: '22.x',
    directoryListing: false,
    rootDirectory: project.rootDirectory,
    buildCommand: null,
    installCommand: null,
    outputDirectory: null,
    live: false,
    autoExposeSystemEnvs: true,
    resourceConfig: resources,
    defaultResourceConfig: resources,
    ...(link === undefined ? {} : { link }),
    env: project.variables.map(variableBody),
    latestDeployments: deployments
      .toReversed()
      .map((deployment) => nestedDeployment(deployment, project, world)),
    targets: production === undefined ? {} : { production: nestedDeployment(production, project, world) },
  };
}

/** The names under which a deployment is or will be reached. */
export function aliasesOf(deployment: Deployment, project: VercelProject, world: World): string[] {
  const branch = `${project.name}-git-${deployment.ref}-${world.teamSlug}.vercel.app`;
  return deployment.target === 'production'
    ? [project.domain, `${project.name}-${world.teamSlug}.vercel.app`, branch]
    : [branch];
}

function nestedDeployment(deployment: Deployment, project: VercelProject, world: World) {
  const { readyState, isAliasAssigned } = progressOf(deployment, world.switches.timing, Date.now());
  return {
    id: deployment.id,
    alias: aliasesOf(deployment, project, world),
    aliasAssigned: isAliasAssigned ? deployment.createdAt : null,
    createdAt: deployment.createdAt,
    createdIn: 'iad1',
    creator: creatorOf(world),
    deploymentHostname: deployment.url.replace('.vercel.app', ''),
    forced: false,
    name: deployment.name,
    meta: deployment.meta,
    plan: 'pro',
    private: true,
    readyState,
    target: deployment.target,
    teamId: project.accountId,
    type: 'LAMBDAS',
    url: deployment.url,
    userId: world.userId,
    withCache: false,
  };
}

/** Who the token belongs to. */
export const creatorOf = (world: World) => ({
  uid: world.userId,
  username: 'sandbox-user',
  email: 'sandbox@example.com',
});

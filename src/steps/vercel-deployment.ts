/** Step 4: a Vercel project linked to the repository, with its variables, and a production deployment that serves. */
import { z } from 'zod';
import { credential } from '../http/credential.ts';
import { NotYet, StepFailure } from '../errors.ts';
import {
  vercelClient,
  vercelErrorCode,
  type ListedVercelProject,
  type NewVariable,
  type VercelAccount,
  type VercelDeployment,
  type VercelProject,
  type VercelVariable,
} from '../providers/vercel.ts';
import { isClientName } from './client-name.ts';
import type { ReadOnly } from './check.ts';
import { vercelChecks } from './checks/vercel.ts';
import { githubRepo } from './github-repo.ts';
import { awaitVisible } from './lag.ts';
import { apiUrl } from './provider-url.ts';
import {
  defineStep,
  type CallLimits,
  type OrphanCandidate,
  type Refusal,
  type ResourceContext,
  type ResourceType,
  type Sight,
  type Verdict,
} from './step.ts';
import { supabaseProject } from './supabase-project.ts';
import { blockReasonOf } from './vercel-block.ts';
import { buildFailureOf } from './vercel-build.ts';
import { hasMark, isLinkedToOurs, isMarkHidden, listLinkedToOurs, markAmong } from './vercel-ownership.ts';

const environment = z.object({
  VERCEL_TOKEN: credential,
  /** Its id (`team_…`) or its slug. */
  VERCEL_TEAM_ID: credential.optional(),
  VERCEL_ROOT_DIRECTORY: z
    .string()
    .max(256)
    .regex(/^(?!\/)(?!(.*\/)?\.\.?(\/|$)).*[^/]$/, 'must be a folder of the repository, such as apps/web')
    .optional(),
  VERCEL_FRAMEWORK: z
    .string()
    .regex(/^[a-z0-9-]+$/, "must be one of Vercel's names, such as nextjs")
    .optional(),
  VERCEL_API_URL: apiUrl.default('https://api.vercel.com'),
});

const output = z.object({
  vercelProjectId: z.string(),
  vercelDeploymentId: z.string(),
  vercelDeploymentUrl: z.url(),
});

function connect(settings: z.infer<typeof environment>, limits: CallLimits) {
  return {
    vercel: vercelClient({
      apiUrl: settings.VERCEL_API_URL,
      token: settings.VERCEL_TOKEN,
      teamId: settings.VERCEL_TEAM_ID,
      ...limits,
    }),
    framework: settings.VERCEL_FRAMEWORK,
    rootDirectory: settings.VERCEL_ROOT_DIRECTORY,
  };
}
type Providers = ReturnType<typeof connect>;
type Readers = ReadOnly<Providers>;

function projectName(clientId: string): string {
  return `client-${clientId}-app`;
}

const project: ResourceType<Providers, Partial<z.infer<typeof output>>> = {
  kind: 'vercel.project',
  nameFor: ({ clientId }) => projectName(clientId),

  async find(context, intent) {
    const { client, providers } = context;
    const found = await providers.vercel.findProject(this.nameFor(client));
    if (found === undefined) return { objects: [], at: await providers.vercel.readAccess() };
    const variables = await providers.vercel.listVariables(found.id);
    const isOurs = isMarkHidden(variables)
      ? await isLinkedToOurs(found, intent, context)
      : markAmong(variables) === client.provisioningId;
    return { objects: [{ ...describe(found), createdAt: found.createdAt, isOurs }], at: undefined };
  },

  async create(permit, context) {
    const repository = await context.outputOf(githubRepo);
    const created = await context.providers.vercel.createProject(permit, {
      name: this.nameFor(context.client),
      repository: repository.githubRepoFullName,
      framework: context.providers.framework,
      rootDirectory: context.providers.rootDirectory,
      variables: await wantedVariables(context),
    });
    return describe(created);
  },

  async read({ providers }, id) {
    return (await providers.vercel.findProject(id)) === undefined ? 'absent' : 'present';
  },

  async proveSight({ providers }) {
    const { account, isTeam } = await providers.vercel.readAccount();
    return judgeSight(account, isTeam);
  },

  async remove(permit, { providers }, id) {
    await providers.vercel.deleteProject(permit, id);
  },

  judge: judgeRefusal,

  search: {
    async list(providers) {
      const candidates: OrphanCandidate[] = [];
      for (const found of await providers.vercel.listProjects()) {
        const mark = markAmong(found.env ?? []);
        const candidate =
          mark === undefined && mayHaveMark(found)
            ? await readCandidate(providers, found.id)
            : candidateIn(found, mark);
        if (candidate !== undefined) candidates.push(candidate);
      }
      return candidates;
    },
    async listWithHiddenMark(context) {
      const { provisioningId } = context.client;
      return (await listLinkedToOurs(context)).map((found) => ({
        ...describe(found),
        createdAt: found.createdAt,
        evidence: 'mark',
        provisioningId,
      }));
    },
    read: readCandidate,
  },
};

/** Team roles that reach every project: https://vercel.com/docs/rbac/access-roles. A contributor's reaches those of its own. */
const rolesThatSeeAll = new Set([
  'OWNER',
  'MEMBER',
  'DEVELOPER',
  'SECURITY',
  'BILLING',
  'VIEWER',
  'VIEWER_FOR_PLUS',
]);

/** Tells whether a token sees every project of the account. Pure. */
function judgeSight({ limited, membership }: VercelAccount, isTeam: boolean): Sight {
  if (limited === true)
    return {
      sees: 'some',
      why: 'Vercel shows the token only a part of the account',
      whatToDo:
        'Set VERCEL_TOKEN to a token with the team as its scope, made after signing in the way the team asks for (SAML, second factor).',
    };
  if (!isTeam || rolesThatSeeAll.has(membership?.role ?? '')) return { sees: 'all' };
  return {
    sees: membership === undefined ? 'unknown' : 'some',
    why:
      membership === undefined
        ? "Vercel does not tell the token's role in the team, and hides projects from some roles"
        : `the token's role in the team is ${membership.role}, from which Vercel hides projects`,
    whatToDo: 'Set VERCEL_TOKEN to a token of an Owner or Member of the team.',
  };
}

/** The list may leave out the variables' values: then the projects that may be ours are read one by one. */
function mayHaveMark({ env, name }: ListedVercelProject): boolean {
  return env === undefined || hasMark(env) || isClientName(projectName, name);
}

async function readCandidate({ vercel }: Readers, id: string): Promise<OrphanCandidate | undefined> {
  const found = await vercel.findProject(id);
  // The endpoint takes names as well.
  if (found?.id !== id) return undefined;
  try {
    return candidateIn(found, markAmong(await vercel.listVariables(id)));
  } catch (error) {
    // Deleted between the two reads.
    if ((await vercel.findProject(id)) === undefined) return undefined;
    throw error;
  }
}

function candidateIn(found: VercelProject, provisioningId: string | undefined): OrphanCandidate | undefined {
  if (provisioningId === undefined && !isClientName(projectName, found.name)) return undefined;
  const evidence = provisioningId === undefined ? 'name' : 'mark';
  return { ...describe(found), createdAt: found.createdAt, evidence, provisioningId };
}

/** Vercel learns of a fresh repository, and of a fresh commit, a while after GitHub has them. */
function judgeRefusal({ status, providerText }: Refusal): Verdict | undefined {
  const code = vercelErrorCode(providerText);
  if (status === 409 && code === 'conflict') return { is: 'name-taken' };
  if (code === 'incorrect_git_source_info' || code === 'repo_not_found')
    return { is: 'too-early', waitingFor: 'Vercel to see the new repository' };
  if (status === 400 && /install the GitHub integration/i.test(providerText))
    return {
      is: 'too-early',
      waitingFor:
        "Vercel to see the new repository (its GitHub app needs access to all of the organization's)",
    };
  return undefined;
}

function describe(found: { id: string; name: string }) {
  return {
    externalId: found.id,
    name: found.name,
    // Vercel's dashboard fills in the team of whoever follows the link.
    url: `https://vercel.com/d?to=${encodeURIComponent(`/[team]/${found.name}`)}`,
    output: { vercelProjectId: found.id },
  };
}

/** Everything that the deployed application reads. Only the service role key is secret, and only production has it. */
async function wantedVariables(context: ResourceContext<Providers>): Promise<NewVariable[]> {
  const { client, secrets } = context;
  const { supabaseUrl } = await context.outputOf(supabaseProject);
  const plain = (key: string, value: string): NewVariable => ({
    key,
    value,
    type: 'plain',
    target: ['production', 'preview'],
  });
  return [
    plain('NEXT_PUBLIC_SUPABASE_URL', supabaseUrl),
    plain('NEXT_PUBLIC_SUPABASE_ANON_KEY', await secrets.read('supabase-anon-key')),
    // Vercel gives a new project this address, or a longer one where somebody else has it.
    plain('NEXT_PUBLIC_APP_URL', `https://${projectName(client.clientId)}.vercel.app`),
    plain('CLIENT_ID', client.clientId),
    plain('CLIENT_TIER', client.tier),
    plain('PROVISIONING_ID', client.provisioningId),
    {
      key: 'SUPABASE_SERVICE_ROLE_KEY',
      value: await secrets.read('supabase-service-role-key'),
      type: 'sensitive',
      target: ['production'],
    },
  ];
}

/** The names of variables that Vercel did not keep as they were sent. A secret's value cannot be read back, its type can. */
function missingVariables(wanted: readonly NewVariable[], present: readonly VercelVariable[]): string[] {
  const isKept = ({ key, type, target }: NewVariable) =>
    present.some(
      (one) =>
        one.key === key &&
        (type !== 'sensitive' || one.type === 'sensitive') &&
        target.every((wantedTarget) => one.target.includes(wantedTarget)),
    );
  return wanted.filter((variable) => !isKept(variable)).map(({ key }) => key);
}

export const vercelDeployment = defineStep({
  name: 'vercel-deployment',
  title: 'Vercel deployment',
  environment,
  output,
  result: ['vercelProjectId', 'vercelDeploymentUrl'],
  resources: [project],
  checks: vercelChecks,
  connect,

  async run(context) {
    const { vercel } = context.providers;
    const projectId = await context.create(project);
    const variables = await awaitVisible('the new project', () => vercel.listVariables(projectId));
    const missing = missingVariables(await wantedVariables(context), variables);
    if (missing.length > 0)
      throw new StepFailure('verification-failed', `Vercel did not keep the variables ${missing.join(', ')}`);

    const repository = await context.outputOf(githubRepo);
    // A project is linked by the repository's name, which somebody may have given to another one meanwhile.
    const linked = (await awaitVisible('the new project', () => vercel.findProject(projectId)))?.link?.repoId;
    if (linked !== undefined && linked !== repository.githubRepositoryId)
      throw new StepFailure('verification-failed', 'Vercel has linked another repository of the same name');
    const { vercelDeploymentId } = await context.change({
      name: 'deploy to production',
      target: projectName(context.client.clientId),
      isUnsafeToRepeat: true,
      judge: judgeRefusal,
      async look(intent) {
        const id = await awaitVisible('the new project', () => vercel.findDeployment(projectId, intent.mark));
        return id === undefined ? undefined : { vercelDeploymentId: id };
      },
      send: async (permit, intent) => ({
        vercelDeploymentId: await vercel.createDeployment(permit, {
          projectId,
          name: projectName(context.client.clientId),
          repositoryId: repository.githubRepositoryId,
          branch: repository.githubBranch,
          sha: repository.githubHeadSha,
          mark: intent.mark,
        }),
      }),
    });
    if (vercelDeploymentId === undefined)
      throw new StepFailure('internal-error', 'no deployment was recorded');

    const deployment = await awaitVisible('the deployment', () => vercel.readDeployment(vercelDeploymentId));
    if (deployment.readyState === 'BLOCKED') {
      const { why, whatToDo } = blockReasonOf(deployment);
      throw new StepFailure(
        'provider-rejected',
        `Vercel has blocked deployment ${vercelDeploymentId}: ${why}`,
        { whatToDo },
      );
    }
    if (['ERROR', 'CANCELED'].includes(deployment.readyState)) {
      const { why, whatToDo } = buildFailureOf(deployment, context.providers.rootDirectory);
      throw new StepFailure(
        'provider-rejected',
        `Vercel deployment ${vercelDeploymentId} ended as ${deployment.readyState}: ${why}`,
        { whatToDo },
      );
    }
    if (deployment.aliasError != null)
      throw new StepFailure('provider-rejected', `Vercel deployment ${vercelDeploymentId} got no address`);
    const alias = productionAlias(deployment, projectName(context.client.clientId));
    if (deployment.readyState !== 'READY' || !isAliasAssigned(deployment) || alias === undefined)
      throw new NotYet('the deployment to be ready');
    return {
      vercelProjectId: projectId,
      vercelDeploymentId,
      vercelDeploymentUrl: `https://${alias}`,
    };
  },

  undo: (context) => context.remove(project),
});

/** Vercel says true, or the time of the assignment. */
function isAliasAssigned({ aliasAssigned }: VercelDeployment): boolean {
  return aliasAssigned === true || typeof aliasAssigned === 'number';
}

/** The project's own address where it has it, else the shortest: the others carry branch or team. */
function productionAlias({ alias = [] }: VercelDeployment, name: string): string | undefined {
  const own = alias.find((host) => host === `${name}.vercel.app`);
  return own ?? alias.toSorted().toSorted((a, b) => a.length - b.length)[0];
}

/** Step 3: a private repository from the template repository, with its content there. */
import { z } from 'zod';
import { credential } from '../http/credential.ts';
import { NotYet } from '../errors.ts';
import { isClientName } from './client-name.ts';
import { githubChecks } from './checks/github.ts';
import { proveRepositorySight } from './github-sight.ts';
import { awaitVisible } from './lag.ts';
import { provisioningOfMark } from './mark.ts';
import { apiUrl } from './provider-url.ts';
import { githubClient, type GithubRepository, type ListedRepository } from '../providers/github.ts';
import { defineStep, type CallLimits, type OrphanCandidate, type ResourceType } from './step.ts';

const environment = z.object({
  GITHUB_TOKEN: credential,
  GITHUB_ORG: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]*$/, 'must be the name of an organization'),
  GITHUB_TEMPLATE_REPO: z.string().regex(/^([\w-]+\/)?[\w.-]+$/, 'must be name or owner/name'),
  GITHUB_API_URL: apiUrl.default('https://api.github.com'),
});

const output = z.object({
  githubRepositoryId: z.number(),
  githubRepoName: z.string(),
  githubRepoFullName: z.string(),
  githubRepoUrl: z.url(),
  githubBranch: z.string(),
  githubHeadSha: z.string(),
});

function connect(settings: z.infer<typeof environment>, limits: CallLimits) {
  const [name = '', owner = settings.GITHUB_ORG] = settings.GITHUB_TEMPLATE_REPO.split('/').toReversed();
  return {
    github: githubClient({
      apiUrl: settings.GITHUB_API_URL,
      token: settings.GITHUB_TOKEN,
      organization: settings.GITHUB_ORG,
      ...limits,
    }),
    template: { owner, name },
    organization: settings.GITHUB_ORG,
  };
}
type Providers = ReturnType<typeof connect>;

function repositoryName(clientId: string): string {
  return `client-${clientId}-app`;
}

const repository: ResourceType<Providers, Partial<z.infer<typeof output>>> = {
  kind: 'github.repository',
  nameFor: ({ clientId }) => repositoryName(clientId),

  async find({ client, providers }, intent) {
    const { repository: found, at } = await providers.github.findRepository(this.nameFor(client));
    const isOurs = found?.description?.includes(`[${intent.mark}]`) ?? false;
    const objects = found === undefined ? [] : [{ ...describe(found), createdAt: found.created_at, isOurs }];
    return { objects, at };
  },

  async create(permit, { client, providers }, intent) {
    const created = await providers.github.generateRepository(permit, {
      template: providers.template,
      name: this.nameFor(client),
      description: `${client.clientName} [${intent.mark}]`,
    });
    return describe(created);
  },

  async read({ providers }, id) {
    return (await providers.github.findRepositoryById(id)) === undefined ? 'absent' : 'present';
  },

  proveSight: ({ providers }) => proveRepositorySight(providers.github),

  async remove(permit, { providers }, id) {
    // GitHub deletes by name, and names can be given to others: take the one that our id has at this moment.
    const found = await providers.github.findRepositoryById(id);
    // The repository was there a moment ago: a look that does not show it proves nothing, and deletes nothing.
    if (found === undefined) throw new NotYet('GitHub to show the repository');
    await providers.github.deleteRepository(permit, found.full_name);
  },

  judge({ status, providerText }) {
    return status === 422 && /already exists/i.test(providerText) ? { is: 'name-taken' } : undefined;
  },

  search: {
    async list({ github }) {
      return (await github.listRepositories()).map(candidateIn).filter((one) => one !== undefined);
    },
    async read({ github }, id) {
      const found = await github.findRepositoryById(id);
      return found && candidateIn(found);
    },
  },
};

/** The mark stands in brackets at the end of the description, behind the client's own name. */
function candidateIn(found: ListedRepository): OrphanCandidate | undefined {
  const [, mark = ''] = [...(found.description ?? '').matchAll(/\[(prov-[^[\]]+)\]/g)].at(-1) ?? [];
  const provisioningId = provisioningOfMark(mark);
  if (provisioningId === undefined && !isClientName(repositoryName, found.name)) return undefined;
  return {
    externalId: String(found.id),
    name: found.name,
    url: found.html_url,
    createdAt: found.created_at,
    evidence: provisioningId === undefined ? 'name' : 'mark',
    provisioningId,
  };
}

function describe(found: GithubRepository) {
  return {
    externalId: String(found.id),
    name: found.name,
    url: found.html_url,
    output: {
      githubRepositoryId: found.id,
      githubRepoName: found.name,
      githubRepoFullName: found.full_name,
      githubRepoUrl: found.html_url,
      githubBranch: found.default_branch,
    },
  };
}

export const githubRepo = defineStep({
  name: 'github-repo',
  title: 'GitHub repository',
  environment,
  output,
  result: ['githubRepoName', 'githubRepoUrl'],
  resources: [repository],
  checks: githubChecks,
  connect,

  async run(context) {
    const { github } = context.providers;
    const id = await context.create(repository);
    const found = await github.findRepositoryById(id);
    if (found === undefined) throw new NotYet('the new repository to appear');
    const sha = await awaitVisible('the new repository', () =>
      github.findHead(found.name, found.default_branch),
    );
    if (sha === undefined) throw new NotYet('the content of the repository');
    return {
      githubRepositoryId: found.id,
      githubRepoName: found.name,
      githubRepoFullName: found.full_name,
      githubRepoUrl: found.html_url,
      githubBranch: found.default_branch,
      githubHeadSha: sha,
    };
  },

  undo: (context) => context.remove(repository),
});

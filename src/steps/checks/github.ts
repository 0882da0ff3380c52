/** Checks that GitHub will generate a repository from the template, delete it again, and show it to Vercel. */
import { ProviderError } from '../../errors.ts';
import type { GithubClient, GithubInstallation } from '../../providers/github.ts';
import { explainRefusal } from '../../refusals/explain.ts';
import { fails, holds, type Check, type Finding, type ReadOnly } from '../check.ts';
import { proveRepositorySight } from '../github-sight.ts';
import type { Sight } from '../step.ts';

interface Providers {
  readonly github: GithubClient;
  readonly organization: string;
  readonly template: { readonly owner: string; readonly name: string };
}

const github = { provider: 'github', credentials: 'GITHUB_TOKEN', address: 'GITHUB_API_URL' } as const;

export const githubChecks: readonly Check<ReadOnly<Providers>>[] = [
  {
    ...github,
    name: 'token',
    async look({ github: client, organization }) {
      await client.readOrganization();
      return holds(`the token reads the organization ${organization}`);
    },
  },
  {
    ...github,
    name: 'create-and-delete',
    async look({ github: client, organization, template }) {
      const { scopes, mayMembersDelete } = await client.readOrganization();
      const isTemplateOurs = template.owner.toLowerCase() === organization.toLowerCase();
      const isAdministrator = (await client.findTemplate(template))?.permissions?.admin === true;
      if (mayMembersDelete === false && !(isTemplateOurs && isAdministrator))
        return fails(
          'the organization does not let its members delete repositories',
          'Allow it (organization settings → Member privileges), or make the token with an owner of the organization.',
        );
      if (scopes !== undefined) return judgeScopes(scopes);
      if (isTemplateOurs && !isAdministrator)
        return fails(
          'a fine-grained token that does not administer the template, so it cannot delete repositories',
          'Give the token "Administration: read and write" on all repositories of the organization.',
        );
      return judgeFineGrained(await proveRepositorySight(client));
    },
  },
  {
    ...github,
    name: 'template',
    async look({ github: client, template }) {
      const name = `${template.owner}/${template.name}`;
      const found = await client.findTemplate(template);
      if (found === undefined)
        return fails(
          `${name} is not there, has another name now, or is hidden from the token`,
          'Set GITHUB_TEMPLATE_REPO to the present name, and let the token read it.',
        );
      if (!found.is_template)
        return fails(
          `${name} is not marked as a template`,
          'Tick "Template repository" in its settings on GitHub.',
        );
      if (!(await client.hasCommit(template)))
        return fails(`${name} is empty`, 'Push a first commit: GitHub copies no empty template.');
      return holds(`${name} is a template with content`);
    },
  },
  {
    ...github,
    name: 'vercel-app',
    async look({ github: client }) {
      try {
        return judgeInstallation(await client.findInstallation('vercel'));
      } catch (error) {
        if (!isHidden(error)) throw error;
        return holds("unknown: GitHub shows an organization's apps to its owners only");
      }
    },
  },
];

/** A token for chosen repositories may administer the template and still cannot generate others from it. */
function judgeFineGrained(sight: Sight): Finding {
  if (sight.sees === 'some')
    return fails(
      `a fine-grained token with chosen repositories, which cannot create one: ${sight.why}`,
      'Give the token "All repositories" of the organization, with "Administration: read and write".',
    );
  return sight.sees === 'all'
    ? holds(
        'a fine-grained token that sees all repositories; whether it may create and delete them is unknown',
      )
    : holds(
        `unknown: ${sight.why}. It needs all of them, with "Administration: read and write", to create one`,
      );
}

function judgeScopes(scopes: readonly string[]): Finding {
  const missing = ['repo', 'delete_repo'].filter((scope) => !scopes.includes(scope));
  return missing.length === 0
    ? holds('a classic token with repo and delete_repo')
    : fails(
        `the token lacks the scope ${missing.join(' and ')}`,
        'Add the scopes to the token at https://github.com/settings/tokens: repo to create repositories, delete_repo to undo that.',
      );
}

/** Refusals by the organization itself, of everything that the token asks: they say nothing about its rights. */
const guards = new Set([
  'sso',
  'ip-allow-list',
  'token-kind',
  'token-lifetime',
  'app-restrictions',
  'suspended',
]);

function isHidden(error: unknown): boolean {
  if (!(error instanceof ProviderError) || (error.status !== 403 && error.status !== 404)) return false;
  return !guards.has(explainRefusal(error)?.reason ?? '');
}

/** Vercel must see a repository that is seconds old, so an app with chosen repositories is not enough. */
function judgeInstallation(installation: GithubInstallation | undefined): Finding {
  if (installation === undefined)
    return fails(
      "Vercel's GitHub app is not installed in the organization",
      'Install https://github.com/apps/vercel for all repositories of the organization.',
    );
  if (installation.suspended_at != null)
    return fails(
      "Vercel's GitHub app is suspended",
      "Unsuspend it in the organization's settings → GitHub Apps.",
    );
  return installation.repository_selection === 'all'
    ? holds("Vercel's GitHub app sees all repositories")
    : fails(
        "Vercel's GitHub app sees only chosen repositories, so not the new ones",
        'Choose "All repositories" in the organization\'s settings → GitHub Apps → Vercel.',
      );
}

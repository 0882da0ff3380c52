/** Whether GitHub will generate a repository from the template, delete it again, and show it to Vercel. */
import { ProviderError } from '../../errors.ts';
import type { GithubClient, GithubInstallation } from '../../providers/github.ts';
import { fails, holds, type Check, type Finding, type ReadOnly } from '../check.ts';

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
      if (!isTemplateOurs)
        return holds('a fine-grained token: GitHub does not tell what it may do in the organization');
      return isAdministrator
        ? holds('a fine-grained token, which administers the template')
        : fails(
            'a fine-grained token that does not administer the template, so it cannot delete repositories',
            'Give the token "Administration: read and write" on all repositories of the organization.',
          );
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
        const isHidden = error instanceof ProviderError && (error.status === 403 || error.status === 404);
        if (!isHidden) throw error;
        return holds("unknown: GitHub shows an organization's apps to its owners only");
      }
    },
  },
];

function judgeScopes(scopes: readonly string[]): Finding {
  const missing = ['repo', 'delete_repo'].filter((scope) => !scopes.includes(scope));
  return missing.length === 0
    ? holds('a classic token with repo and delete_repo')
    : fails(
        `the token lacks the scope ${missing.join(' and ')}`,
        'Add the scopes to the token at https://github.com/settings/tokens: repo to create repositories, delete_repo to undo that.',
      );
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

import type { Accounts } from '../accounts.ts';
import { json, parameter, type Answer, type Operation, type ProviderRequest } from '../exchange.ts';
import { numberWithin } from '../paging.ts';
import type { World } from '../world.ts';
import { accountBody, githubError, repositoryBody } from './answers.ts';
import { isCountShown, isMembershipShown, isSeen } from './sight.ts';
import type { GithubState } from './state.ts';

function organizationBody(login: string, mayMembersDelete: boolean, privateCount: number | undefined) {
  const url = `https://api.github.com/orgs/${login}`;
  return {
    login,
    id: 2001,
    node_id: 'O_kgDOAAAH0Q',
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `https://avatars.githubusercontent.com/${login}`,
    description: null,
    has_organization_projects: true,
    has_repository_projects: true,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    html_url: `https://github.com/${login}`,
    type: 'Organization',
    members_can_create_repositories: true,
    members_can_create_private_repositories: true,
    members_can_delete_repositories: mayMembersDelete,
    ...(privateCount === undefined
      ? {}
      : { total_private_repos: privateCount, owned_private_repos: privateCount }),
    created_at: '2024-01-01T00:00:00Z',
    updated_at: '2024-01-01T00:00:00Z',
    archived_at: null,
  };
}

function vercelInstallation(login: string, access: Accounts['githubAppAccess']) {
  return {
    id: 51_000_001,
    account: accountBody(login, 'Organization'),
    repository_selection: access === 'selected' ? 'selected' : 'all',
    access_tokens_url: 'https://api.github.com/app/installations/51000001/access_tokens',
    repositories_url: 'https://api.github.com/installation/repositories',
    html_url: `https://github.com/organizations/${login}/settings/installations/51000001`,
    app_id: 8329,
    app_slug: 'vercel',
    target_id: 2001,
    target_type: 'Organization',
    permissions: { contents: 'write', metadata: 'read', deployments: 'write' },
    events: ['push', 'pull_request'],
    created_at: '2024-01-01T00:00:00Z',
    updated_at: '2024-01-01T00:00:00Z',
    single_file_name: null,
    suspended_by: access === 'suspended' ? accountBody('sandbox-user', 'User') : null,
    suspended_at: access === 'suspended' ? '2026-01-01T00:00:00Z' : null,
  };
}

function membershipBody(login: string, role: Accounts['githubRole']) {
  const organization = `https://api.github.com/orgs/${login}`;
  return {
    url: `${organization}/memberships/sandbox-user`,
    state: 'active',
    role: role === 'owner' ? 'admin' : 'member',
    organization_url: organization,
    organization: accountBody(login, 'Organization'),
    user: accountBody('sandbox-user', 'User'),
  };
}

function rateBody() {
  const rate = { limit: 5000, remaining: 4999, used: 1, reset: Math.floor(Date.now() / 1000) + 3600 };
  return { resources: { core: rate, search: rate }, rate };
}

/** One page of a list, with GitHub's Link header when there are more. */
function page<T>(items: T[], request: ProviderRequest, url: string, body: (items: T[]) => unknown): Answer {
  const size = numberWithin(request.query, 'per_page', 30, { most: 100 });
  const number = numberWithin(request.query, 'page', 1, {});
  const last = Math.max(Math.ceil(items.length / size), 1);
  const link = (to: number, rel: string): string =>
    `<${url}${request.path}?per_page=${size}&page=${to}>; rel="${rel}"`;
  const shown = items.slice((number - 1) * size, number * size);
  if (number >= last) return json(200, body(shown));
  return {
    ...json(200, body(shown)),
    headers: { link: `${link(number + 1, 'next')}, ${link(last, 'last')}` },
  };
}

/** The organization, who is asking, and which apps can see its repositories. */
export function organizationOperations(world: World, state: GithubState): Operation[] {
  const login = world.organization;
  const privateCount = (): number | undefined =>
    isCountShown(world) ? state.repositories.all().filter(({ isPrivate }) => isPrivate).length : undefined;
  const isOurs = (request: ProviderRequest): boolean =>
    parameter(request, 'org').toLowerCase() === login.toLowerCase();
  return [
    {
      name: 'getUser',
      method: 'GET',
      path: '/user',
      handle: () => json(200, accountBody('sandbox-user', 'User')),
    },
    { name: 'getRateLimit', method: 'GET', path: '/rate_limit', handle: () => json(200, rateBody()) },
    {
      name: 'getOrganization',
      method: 'GET',
      path: '/orgs/:org',
      handle: (request) =>
        isOurs(request)
          ? json(200, organizationBody(login, world.switches.accounts.mayMembersDelete, privateCount()))
          : githubError(404),
    },
    {
      name: 'getMembership',
      method: 'GET',
      path: '/user/memberships/orgs/:org',
      handle(request) {
        if (!isOurs(request)) return githubError(404);
        if (!isMembershipShown(world))
          return githubError(403, 'You do not have access to this organization membership.');
        // Who has left the organization sees nothing of it that is private.
        if (world.switches.blind.has('github')) return githubError(404);
        return json(200, membershipBody(login, world.switches.accounts.githubRole));
      },
    },
    {
      name: 'listInstallations',
      method: 'GET',
      path: '/orgs/:org/installations',
      handle(request) {
        if (!isOurs(request)) return githubError(404);
        const { isGithubAppInstalled, accounts } = world.switches;
        const installations = isGithubAppInstalled
          ? [vercelInstallation(login, accounts.githubAppAccess)]
          : [];
        return page(installations, request, world.urls.github, (shown) => ({
          total_count: installations.length,
          installations: shown,
        }));
      },
    },
    {
      name: 'listRepositories',
      method: 'GET',
      path: '/orgs/:org/repos',
      handle(request) {
        if (!isOurs(request)) return githubError(404);
        const type = request.query.get('type') ?? 'all';
        const repositories = state.repositories
          .all(request.view)
          .filter((repository) => isSeen(world, repository))
          .filter(({ isPrivate }) => type !== 'private' || isPrivate)
          .filter(({ isPrivate }) => type !== 'public' || !isPrivate)
          .toReversed();
        return page(repositories, request, world.urls.github, (shown) =>
          shown.map((repository) => repositoryBody(repository, world, state)),
        );
      },
    },
  ];
}

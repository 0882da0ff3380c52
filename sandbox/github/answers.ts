import { STATUS_CODES } from 'node:http';
import { json, type Answer } from '../exchange.ts';
import type { World } from '../world.ts';
import type { GithubState, Repository } from './state.ts';

const documentation = 'https://docs.github.com/rest';

/** An error in GitHub's form. */
export function githubError(status: number, message?: string, errors?: unknown[]): Answer {
  return json(status, {
    message: message ?? STATUS_CODES[status] ?? 'Error',
    ...(errors === undefined ? {} : { errors }),
    documentation_url: documentation,
    status: String(status),
  });
}

/** Organizations and users, as they are nested in other answers. */
export function accountBody(login: string, type: 'Organization' | 'User') {
  const url = `https://api.github.com/users/${login}`;
  return {
    login,
    id: type === 'User' ? 1001 : 2001,
    node_id: type === 'User' ? 'U_kgDOAAAD6Q' : 'O_kgDOAAAH0Q',
    avatar_url: `https://avatars.githubusercontent.com/${login}`,
    gravatar_id: '',
    url,
    html_url: `https://github.com/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    site_admin: false,
  };
}

const repositoryLinks: Record<string, string> = {
  archive: '/{archive_format}{/ref}',
  assignees: '/assignees{/user}',
  blobs: '/git/blobs{/sha}',
  branches: '/branches{/branch}',
  collaborators: '/collaborators{/collaborator}',
  comments: '/comments{/number}',
  commits: '/commits{/sha}',
  compare: '/compare/{base}...{head}',
  contents: '/contents/{+path}',
  contributors: '/contributors',
  deployments: '/deployments',
  downloads: '/downloads',
  events: '/events',
  forks: '/forks',
  git_commits: '/git/commits{/sha}',
  git_refs: '/git/refs{/sha}',
  git_tags: '/git/tags{/sha}',
  hooks: '/hooks',
  issue_comment: '/issues/comments{/number}',
  issue_events: '/issues/events{/number}',
  issues: '/issues{/number}',
  keys: '/keys{/key_id}',
  labels: '/labels{/name}',
  languages: '/languages',
  merges: '/merges',
  milestones: '/milestones{/number}',
  notifications: '/notifications{?since,all,participating}',
  pulls: '/pulls{/number}',
  releases: '/releases{/id}',
  stargazers: '/stargazers',
  statuses: '/statuses/{sha}',
  subscribers: '/subscribers',
  subscription: '/subscription',
  tags: '/tags',
  teams: '/teams',
  trees: '/git/trees{/sha}',
};

/** Whether others can be generated from it. */
export function isTemplate(repository: Repository, world: World): boolean {
  return repository.isTemplate && world.switches.accounts.isTemplateMarked;
}

/** A repository in full. */
export function repositoryBody(repository: Repository, world: World, state: GithubState) {
  const owner = world.organization;
  const admin = world.switches.accounts.isGithubAdministrator;
  const template =
    repository.template === undefined
      ? undefined
      : state.findByName(repository.template.split('/').at(-1) ?? '');
  return {
    ...baseBody(repository, owner),
    is_template: isTemplate(repository, world),
    topics: repository.topics,
    visibility: repository.isPrivate ? 'private' : 'public',
    permissions: { admin, maintain: admin, push: true, triage: true, pull: true },
    subscribers_count: 1,
    network_count: 0,
    ...(template === undefined ? {} : { template_repository: baseBody(template, owner) }),
  };
}

/** What a repository shows on its own and where it is nested in its copies. */
function baseBody(repository: Repository, owner: string) {
  const fullName = `${owner}/${repository.name}`;
  const url = `https://api.github.com/repos/${fullName}`;
  const createdAt = new Date(repository.createdAt).toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    id: Number(repository.id),
    node_id: `R_${repository.id}`,
    name: repository.name,
    full_name: fullName,
    private: repository.isPrivate,
    owner: accountBody(owner, 'Organization'),
    html_url: `https://github.com/${fullName}`,
    description: repository.description,
    fork: false,
    url,
    ...Object.fromEntries(Object.entries(repositoryLinks).map(([name, path]) => [`${name}_url`, url + path])),
    git_url: `git://github.com/${fullName}.git`,
    ssh_url: `git@github.com:${fullName}.git`,
    clone_url: `https://github.com/${fullName}.git`,
    svn_url: `https://github.com/${fullName}`,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    forks_count: 0,
    forks: 0,
    stargazers_count: 0,
    watchers_count: 0,
    watchers: 0,
    // Stays 0 for minutes after the content is there.
    size: 0,
    default_branch: repository.defaultBranch,
    open_issues_count: 0,
    open_issues: 0,
    is_template: repository.isTemplate,
    has_issues: true,
    has_projects: true,
    has_wiki: true,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: false,
    disabled: false,
    pushed_at: createdAt,
    created_at: createdAt,
    updated_at: createdAt,
  };
}

/** A branch as the list shows it. */
export function branchBody(repository: Repository, owner: string) {
  const url = `https://api.github.com/repos/${owner}/${repository.name}`;
  return {
    name: repository.defaultBranch,
    commit: { sha: repository.sha, url: `${url}/commits/${repository.sha}` },
    protected: false,
  };
}

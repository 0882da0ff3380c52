import { json, parameter, type Answer, type Operation, type ProviderRequest } from '../exchange.ts';
import type { World } from '../world.ts';
import { accountBody, branchBody, githubError } from './answers.ts';
import { findRepository } from './repositories.ts';
import type { GithubState, Repository } from './state.ts';
import { templateFiles } from './template-files.ts';

const emptyRepository = (): Answer => githubError(409, 'Git Repository is empty.');

function commitBody(repository: Repository, owner: string) {
  const url = `https://api.github.com/repos/${owner}/${repository.name}`;
  const author = {
    name: 'Sandbox',
    email: 'sandbox@example.com',
    date: new Date(repository.createdAt).toISOString(),
  };
  const tree = { sha: repository.sha, url: `${url}/git/trees/${repository.sha}` };
  return {
    sha: repository.sha,
    node_id: `C_${repository.sha.slice(0, 12)}`,
    url: `${url}/commits/${repository.sha}`,
    html_url: `https://github.com/${owner}/${repository.name}/commit/${repository.sha}`,
    comments_url: `${url}/commits/${repository.sha}/comments`,
    commit: {
      url: `${url}/git/commits/${repository.sha}`,
      author,
      committer: author,
      message: 'Initial commit',
      comment_count: 0,
      tree,
    },
    author: accountBody('sandbox-user', 'User'),
    committer: accountBody('sandbox-user', 'User'),
    parents: [],
  };
}

function branchInFull(repository: Repository, owner: string) {
  const url = `https://api.github.com/repos/${owner}/${repository.name}/branches/${repository.defaultBranch}`;
  return {
    ...branchBody(repository, owner),
    commit: commitBody(repository, owner),
    _links: {
      self: url,
      html: `https://github.com/${owner}/${repository.name}/tree/${repository.defaultBranch}`,
    },
    protection: { enabled: false },
    protection_url: `${url}/protection`,
  };
}

/** What is in a repository: nothing at all until the copy of the template is done. */
export function contentOperations(world: World, state: GithubState): Operation[] {
  const owner = world.organization;
  const ofRepository = (
    name: string,
    path: string,
    handle: (repository: Repository, request: ProviderRequest) => Answer,
  ): Operation => ({
    name,
    method: 'GET',
    path: `/repos/:owner/:repo${path}`,
    handle(request) {
      const found = findRepository(world, state, request);
      return 'refusal' in found ? found.refusal : handle(found.repository, request);
    },
  });
  return [
    ofRepository('listBranches', '/branches', (repository) =>
      json(200, state.hasContent(repository) ? [branchBody(repository, owner)] : []),
    ),
    ofRepository('getBranch', '/branches/:branch+', (repository, request) =>
      state.hasContent(repository) && parameter(request, 'branch') === repository.defaultBranch
        ? json(200, branchInFull(repository, owner))
        : githubError(404, 'Branch not found'),
    ),
    ofRepository('getRef', '/git/ref/:ref+', (repository, request) => {
      if (!state.hasContent(repository)) return emptyRepository();
      const ref = parameter(request, 'ref');
      if (ref !== `heads/${repository.defaultBranch}`) return githubError(404);
      const url = `https://api.github.com/repos/${owner}/${repository.name}/git`;
      return json(200, {
        ref: `refs/${ref}`,
        node_id: `REF_${repository.id}`,
        url: `${url}/refs/${ref}`,
        object: { type: 'commit', sha: repository.sha, url: `${url}/commits/${repository.sha}` },
      });
    }),
    ofRepository('listCommits', '/commits', (repository) =>
      state.hasContent(repository) ? json(200, [commitBody(repository, owner)]) : emptyRepository(),
    ),
    ofRepository('getContents', '/contents/:path+', (repository, request) => {
      const path = parameter(request, 'path');
      const content = state.hasContent(repository) ? templateFiles[path] : undefined;
      if (content === undefined) return githubError(404);
      return json(200, {
        type: 'file',
        name: path.split('/').at(-1),
        path,
        sha: repository.sha,
        size: content.length,
        encoding: 'base64',
        content: Buffer.from(content).toString('base64'),
      });
    }),
  ];
}

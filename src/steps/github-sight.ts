/**
 * Tells whether a token sees every private repository of the organization.
 *
 * GitHub hides a private repository behind a 404, and answers for the organization itself to any token. Two things show
 * that nothing is hidden: an owner sees everything, and a classic token with `repo` sees what its owner sees; and a
 * list that is as long as the organization says that it is. Which repositories a fine-grained token was given, GitHub
 * does not tell.
 */
import type { GithubClient } from '../providers/github.ts';
import type { Sight } from './step.ts';

type Readers = Pick<
  GithubClient,
  'findMembership' | 'readOrganization' | 'readRepositoryList' | 'listRepositories'
>;

export async function proveRepositorySight(github: Readers): Promise<Sight> {
  const { membership, scopes } = await github.findMembership();
  if (scopes !== undefined && !scopes.includes('repo')) return withoutScope;
  const isOwner = membership?.state === 'active' && membership.role === 'admin';
  if (isOwner && scopes !== undefined) {
    // Whatever guards the repositories of an organization does not guard the membership.
    await github.readRepositoryList();
    return { sees: 'all' };
  }
  const { privateCount } = await github.readOrganization();
  if (privateCount === undefined) return scopes === undefined ? fineGrained : ofMember;
  return judgeCount(privateCount, await github.listRepositories('private'));
}

/** Compares how many there are with those that are shown. Pure. */
function judgeCount(total: number, shown: readonly { readonly visibility?: string | undefined }[]): Sight {
  // Not documented is whether GitHub counts those of an enterprise.
  if (shown.some(({ visibility }) => visibility === 'internal'))
    return {
      sees: 'unknown',
      why: "the organization has internal repositories, which GitHub's count may leave out",
      whatToDo: ownersToken,
    };
  if (shown.length === total) return { sees: 'all' };
  return {
    sees: 'some',
    why: `the token sees ${shown.length} of the organization's ${total} private repositories`,
    whatToDo: 'Give GITHUB_TOKEN access to all repositories of the organization.',
  };
}

const ownersToken =
  'Set GITHUB_TOKEN to a classic token of an owner of the organization, with the scopes repo and delete_repo.';

const withoutScope: Sight = {
  sees: 'some',
  why: 'the token lacks the scope repo, without which GitHub hides private repositories',
  whatToDo: 'Add the scope repo to the token at https://github.com/settings/tokens.',
};

const ofMember: Sight = {
  sees: 'unknown',
  why: 'the token is not shown to be of an owner, and GitHub hides private repositories from others',
  whatToDo: ownersToken,
};

const fineGrained: Sight = {
  sees: 'unknown',
  why: 'GitHub does not tell which repositories a fine-grained token sees',
  whatToDo:
    "Give the token all repositories, and read access to the organization's administration, by which GitHub tells how many there are. Or use a classic token of an owner.",
};

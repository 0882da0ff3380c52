import type { Answer, Operation } from '../exchange.ts';
import type { World } from '../world.ts';
import { githubError } from './answers.ts';
import type { Repository } from './state.ts';

/**
 * Whether the token sees a repository. What it does not see is answered as if it were not there.
 *
 * https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api: "404 Not Found for an existing resource".
 */
export function isSeen(world: World, { isPrivate, isForeign, isTemplate }: Repository): boolean {
  const { accounts, blind, githubScopes } = world.switches;
  if (!isPrivate) return true;
  if (blind.has('github')) return false;
  if (accounts.githubTokenKind === 'fine-grained') {
    if (accounts.githubRepositoryAccess === 'selected' && !isTemplate) return false;
  } else if (!githubScopes.includes('repo')) return false;
  return accounts.githubRole === 'owner' || isTemplate || !isForeign;
}

/** Whether an answer about the organization says how many private repositories there are: to its owners only. */
export function isCountShown({ switches: { accounts, githubScopes } }: World): boolean {
  if (accounts.githubRole !== 'owner') return false;
  return accounts.githubTokenKind === 'classic'
    ? githubScopes.includes('admin:org')
    : accounts.isGithubCountShown;
}

/** Recorded for reads of an organization: any of them will do. */
const organizationScopes = new Set(['admin:org', 'read:org', 'repo', 'user', 'write:org']);

/** Whether the token may ask for its user's membership. */
export function isMembershipShown({ switches: { accounts, githubScopes } }: World): boolean {
  return accounts.githubTokenKind === 'classic'
    ? githubScopes.some((scope) => organizationScopes.has(scope))
    : accounts.isGithubCountShown;
}

/** Refuses everything of the organization as SAML, an IP allow list or a policy about tokens does. */
export function guarded(world: World, operation: Operation): Operation {
  if (!/^\/(orgs|repos|repositories)\//.test(operation.path)) return operation;
  return { ...operation, handle: (request) => refusalOf(world) ?? operation.handle(request) };
}

function refusalOf({ organization, switches: { accounts } }: World): Answer | undefined {
  switch (accounts.githubGuard) {
    case 'saml': {
      const url = `https://github.com/orgs/${organization}/sso?authorization_request=AAAA`;
      const text =
        'Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.';
      return { ...githubError(403, text), headers: { 'x-github-sso': `required; url=${url}` } };
    }
    case 'ip-allow-list':
      return githubError(
        403,
        `Although you appear to have the correct authorization credentials, the \`${organization}\` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.`,
      );
    case 'no-classic-tokens':
      return githubError(
        403,
        `\`${organization}\` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a personal access token with fine-grained permissions.`,
      );
    default:
      return undefined;
  }
}

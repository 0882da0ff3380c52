/** The refusals of GitHub's REST API. A rate limit, also as a 403, is none of these: it names a time. */
import type { RefusalTable } from './refusal.ts';

export const githubRefusals: RefusalTable = {
  credentials: 'GITHUB_TOKEN',
  refusals: [
    {
      reason: 'sso',
      statuses: [403],
      header: (headers) => /^required\b/i.test(headers['x-github-sso'] ?? ''),
      code: 'provider-rejected',
      message: 'the organization asks for single sign-on, and the token is not authorized for it',
      whatToDo:
        'Authorize the token for the organization: https://github.com/settings/tokens → Configure SSO. Tokens made after that are asked again.',
      source:
        'https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api#authenticating-with-a-personal-access-token',
    },
    {
      reason: 'sso',
      statuses: [403],
      text: /SAML enforcement/i,
      code: 'provider-rejected',
      message: 'the organization asks for single sign-on, and the token is not authorized for it',
      whatToDo:
        'Authorize the token for the organization: https://github.com/settings/tokens → Configure SSO. Tokens made after that are asked again.',
      source: 'https://github.com/cli/cli/issues/2661',
    },
    {
      reason: 'ip-allow-list',
      statuses: [403],
      text: /IP allow list/i,
      code: 'provider-rejected',
      message: "the organization has an IP allow list, and the worker's address is not on it",
      whatToDo:
        "Put the address that the worker's requests come from on the list (organization settings → Authentication security).",
      source: 'https://github.com/renovatebot/renovate/issues/20253',
    },
    {
      reason: 'token-lifetime',
      statuses: [403],
      text: /forbids access via a[^"]{0,80}token'?s'? lifetime/i,
      code: 'provider-rejected',
      message: 'the organization forbids tokens that live as long as this one',
      whatToDo: 'Make a token that ends sooner, and set GITHUB_TOKEN to it.',
      source: 'https://github.com/NixOS/org/issues/247',
    },
    {
      reason: 'token-kind',
      statuses: [403],
      text: /forbids access via a/i,
      code: 'provider-rejected',
      message: 'the organization forbids tokens of this kind',
      whatToDo:
        'Make a token of the other kind (fine-grained or classic), or allow this kind (organization settings → Personal access tokens).',
      source:
        'https://docs.github.com/en/organizations/managing-programmatic-access-to-your-organization/setting-a-personal-access-token-policy-for-your-organization',
    },
    {
      reason: 'app-restrictions',
      statuses: [403],
      text: /OAuth App access restrictions/i,
      code: 'provider-rejected',
      message: 'the organization restricts access by apps, and has not approved the one that made the token',
      whatToDo: 'Use a personal access token, or have an owner of the organization approve the app.',
      source:
        'https://docs.github.com/en/organizations/managing-oauth-access-to-your-organizations-data/about-oauth-app-access-restrictions',
    },
    {
      // Before the next one: "Visibility can't be private. Please upgrade your subscription …" is about the plan.
      reason: 'plan',
      statuses: [402, 403, 422],
      text: /upgrade (your|the|to)|billing (issue|problem|plan)|payment (method|failed)|over (your|the) [\w ]*(limit|quota)|repository limit|maximum number of repositor/i,
      code: 'quota-exceeded',
      message: "the organization's plan or billing does not allow another repository",
      whatToDo: "Look at the organization's plan and billing (organization settings → Billing).",
      source: 'https://docs.github.com/en/repositories/creating-and-managing-repositories/repository-limits',
    },
    {
      reason: 'creation-restricted',
      statuses: [403, 422],
      text: /admin access to the organization before adding a repository|(not allowed|cannot|can't|unable) to create (public |private |internal )?repositor|repository creation[^"]{0,60}(disabled|restricted)|visibility can'?t be private/i,
      code: 'provider-rejected',
      message: 'the organization does not let this account create private repositories',
      whatToDo:
        'Allow it (organization settings → Member privileges → Repository creation), give the token all repositories of the organization, or make it with an owner of the organization.',
      source:
        'https://docs.github.com/en/organizations/managing-organization-settings/restricting-repository-creation-in-your-organization',
    },
    {
      reason: 'deletion-restricted',
      statuses: [403],
      text: /must have admin rights|members (cannot|can't) delete|delete_repo/i,
      code: 'provider-rejected',
      message: 'the token may not delete repositories',
      whatToDo:
        'Give a classic token the scope delete_repo, a fine-grained one Administration: write. The organization must let members delete repositories (settings → Member privileges).',
      source: 'https://docs.github.com/en/rest/repos/repos#delete-a-repository',
    },
    {
      reason: 'missing-permission',
      statuses: [403],
      text: /Resource not accessible by/i,
      code: 'provider-rejected',
      message: 'the token lacks a permission for this call, or waits for the approval of the organization',
      whatToDo:
        'Give a fine-grained token Administration: write and Contents: read on all repositories of the organization, and have an owner approve it (organization settings → Personal access tokens → Pending requests).',
      source:
        'https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens',
    },
    {
      reason: 'suspended',
      statuses: [403],
      text: /account (was|is|has been) suspended|repository access blocked/i,
      code: 'provider-rejected',
      message: 'the account or the organization is suspended',
      whatToDo: 'Ask GitHub Support: https://support.github.com.',
      source: 'https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api',
    },
  ],
};

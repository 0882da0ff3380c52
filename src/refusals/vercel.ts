/** How Vercel's API refuses: `{"error":{"code","message"}}`. */
import type { RefusalTable } from './refusal.ts';

export const vercelRefusals: RefusalTable = {
  credentials: 'VERCEL_TOKEN',
  refusals: [
    {
      reason: 'deployments-per-day',
      statuses: [400, 402, 403],
      text: /api-deployments-[\w-]*per-(day|hour)/i,
      code: 'quota-exceeded',
      message: 'the team has made as many deployments as its plan allows in a day',
      whatToDo: "Wait a day, or raise the team's plan.",
      source: 'https://github.com/vercel/vercel/issues/17426',
    },
    {
      reason: 'login-connection',
      statuses: [400, 403],
      text: /login connection/i,
      code: 'provider-rejected',
      message: 'the account that the token belongs to has no login connection to GitHub',
      whatToDo:
        "Sign in to Vercel with the token's account and connect GitHub: https://vercel.com/account/settings/authentication.",
      source: 'https://vercel.com/docs/accounts#login-methods-and-connections',
    },
    {
      reason: 'github-app',
      statuses: [400, 403],
      text: /install the GitHub integration|repo_not_found/i,
      code: 'provider-rejected',
      message: "Vercel's GitHub app does not see the repository",
      whatToDo: 'Install https://github.com/apps/vercel for all repositories of the organization.',
      source: 'https://vercel.com/docs/git/vercel-for-github',
    },
    {
      reason: 'git-author',
      statuses: [400, 403],
      text: /(git|commit) author/i,
      code: 'provider-rejected',
      message: 'the author of the commit is no member of the team',
      whatToDo:
        "Invite the author of the template's newest commit to the team, or let a member commit to the template.",
      source: 'https://vercel.com/guides/why-aren-t-commits-triggering-deployments-on-vercel',
    },
    {
      reason: 'sso',
      statuses: [403],
      text: /"saml"\s*:\s*true/i,
      code: 'provider-rejected',
      message: 'the team asks for single sign-on, and the token was made without it',
      whatToDo:
        'Sign in by the SAML login of the team, make a token with the team as its scope, and set VERCEL_TOKEN to it.',
      source: 'https://vercel.com/docs/saml#enforcing-saml',
    },
    {
      reason: 'token-scope',
      statuses: [403],
      text: /resource under scope|token with access to this scope/i,
      code: 'provider-rejected',
      message: 'the token is not for this team',
      whatToDo: 'Make a token with the team of VERCEL_TEAM_ID as its scope, and set VERCEL_TOKEN to it.',
      source: 'https://vercel.com/docs/rest-api#authentication',
    },
    {
      reason: 'plan',
      statuses: [400, 402, 403],
      text: /"code"\s*:\s*"[a-z_]*(limit|quota|plan)[a-z_]*"|hobby (team|plan|account)|upgrade (your|the|to)|pro plan|limit (reached|exceeded)|reached the (maximum|limit)/i,
      code: 'quota-exceeded',
      message: "the team's plan does not allow it",
      whatToDo:
        "Raise the team's plan, or remove projects that are not needed. A Hobby team cannot link an organization's repositories.",
      source: 'https://vercel.com/docs/limits',
    },
    {
      reason: 'suspended',
      statuses: [402, 403],
      text: /(account|team|user)[^"]{0,40}(suspended|blocked|disabled|paused)/i,
      code: 'provider-rejected',
      message: 'the team or the account is blocked',
      whatToDo: "Look at the team's page on Vercel: it says what is to be settled.",
      source: 'https://vercel.com/docs/accounts',
    },
    {
      reason: 'missing-permission',
      statuses: [403],
      text: /\bpermissions?\b|insufficient|\byour role\b/i,
      code: 'provider-rejected',
      message: "the token's role in the team does not allow it",
      whatToDo: 'Make the token with an account that is Owner or Member of the team.',
      source: 'https://vercel.com/docs/rbac/access-roles',
    },
    {
      reason: 'payment',
      statuses: [402],
      code: 'quota-exceeded',
      message: 'a payment is due, or a spending limit is reached',
      whatToDo: "Look at the team's billing and spend management on Vercel.",
      source: 'https://vercel.com/docs/spend-management',
    },
  ],
};

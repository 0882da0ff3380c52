/** Checks that Vercel will take a project that is linked to an organization's repository. */
import { ProviderError } from '../../errors.ts';
import type { VercelClient, VercelGitNamespace } from '../../providers/vercel.ts';
import { fails, holds, type Check, type Finding, type ReadOnly } from '../check.ts';
import { blockReasonOf } from '../vercel-block.ts';

interface Providers {
  readonly vercel: VercelClient;
}

const vercel = { provider: 'vercel', credentials: 'VERCEL_TOKEN', address: 'VERCEL_API_URL' } as const;

/** Those who may create a project, set the variables of its production, and delete it. */
const ableRoles = new Set(['OWNER', 'MEMBER']);

export const vercelChecks: readonly Check<ReadOnly<Providers>>[] = [
  {
    ...vercel,
    name: 'token',
    async look({ vercel: client }) {
      const { account, isTeam } = await client.readAccount();
      return account.limited === true
        ? fails(
            'Vercel shows the token only a part of the account',
            'Make a token with the team as its scope, after signing in the way the team asks for (SAML, second factor), and set VERCEL_TOKEN to it.',
          )
        : holds(isTeam ? 'the token reads the team' : 'the token reads the personal account: no team is set');
    },
  },
  {
    ...vercel,
    name: 'plan',
    async look({ vercel: client }) {
      const plan = (await client.readAccount()).account.billing?.plan;
      return plan === 'hobby'
        ? fails(
            "the plan is Hobby, which cannot link an organization's repositories",
            'Upgrade the team to Pro, or set VERCEL_TEAM_ID to a team that has it.',
          )
        : holds(`the plan is ${plan ?? 'not told'}`);
    },
  },
  {
    ...vercel,
    name: 'create-and-delete',
    async look({ vercel: client }) {
      const role = (await client.readAccount()).account.membership?.role;
      return role === undefined || ableRoles.has(role)
        ? holds(`the role in the team is ${role ?? 'not told'}`)
        : fails(
            `the token's role in the team is ${role}, which may not create and delete projects`,
            'Make the token with an account that is Owner or Member of the team.',
          );
    },
  },
  {
    ...vercel,
    name: 'github-connection',
    async look({ vercel: client }) {
      try {
        return judgeNamespaces(await client.listGithubNamespaces());
      } catch (error) {
        const isHidden = error instanceof ProviderError && [400, 403, 404].includes(error.status ?? 0);
        if (!isHidden) throw error;
        return holds('unknown: Vercel does not tell the token which GitHub accounts its user has connected');
      }
    },
  },
  {
    ...vercel,
    name: 'blocked-deployments',
    async look({ vercel: client }) {
      const newest = await client.findNewestDeployment();
      if (newest?.readyState !== 'BLOCKED')
        return holds(
          'the newest deployment is not blocked, or there is none: what a new one meets is unknown',
        );
      const { why, whatToDo } = blockReasonOf(await client.readDeployment(newest.uid));
      return fails(`the newest deployment is blocked: ${why}`, whatToDo);
    },
  },
];

/** Linking takes a connection of the user's to GitHub, besides the app in the organization. */
function judgeNamespaces(namespaces: readonly VercelGitNamespace[]): Finding {
  const where = 'https://vercel.com/account/settings/authentication';
  if (namespaces.length === 0)
    return fails(
      "the token's user has no Login Connection to GitHub, without which no repository can be linked",
      `Add a Login Connection to GitHub at ${where}, with the account that the token belongs to.`,
    );
  if (namespaces.every(({ requireReauth }) => requireReauth === true))
    return fails(
      "the Login Connection of the token's user to GitHub has run out",
      `Connect GitHub again at ${where}, with the account that the token belongs to.`,
    );
  return holds(`connected to GitHub: ${namespaces.map(({ slug }) => slug).join(', ')}`);
}

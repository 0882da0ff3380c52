/** Whether Vercel will take a project that is linked to an organization's repository. */
import type { VercelClient } from '../../providers/vercel.ts';
import { fails, holds, type Check, type ReadOnly } from '../check.ts';

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
];

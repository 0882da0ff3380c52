import { z } from 'zod';

const workflowScopes = ['create', 'list', 'read', 'update', 'delete', 'activate', 'deactivate'].map(
  (right) => `workflow:${right}`,
);

/** What the accounts at the providers are like, and what their tokens may do there. */
export const accountsSchema = z.object({
  supabasePlan: z.enum(['free', 'pro', 'team']).describe('free takes two active projects'),
  supabaseTokenScope: z.enum(['organization', 'project']).describe('a project’s token sees no organization'),
  mayRevealSupabaseKeys: z
    .boolean()
    .describe('whether the token, a scoped one, has the permission api_gateway_keys_secret_read'),
  githubTokenKind: z.enum(['classic', 'fine-grained']).describe('only a classic one tells its scopes'),
  isGithubAdministrator: z.boolean().describe('whether the token administers the repositories'),
  githubRole: z.enum(['owner', 'member']).describe('a member sees of private ones the template and its own'),
  githubRepositoryAccess: z
    .enum(['all', 'selected'])
    .describe('of a fine-grained token: all repositories, or the template alone'),
  isGithubCountShown: z
    .boolean()
    .describe("whether an owner's fine-grained token reads how many repositories there are"),
  githubGuard: z
    .enum(['none', 'saml', 'ip-allow-list', 'no-classic-tokens'])
    .describe('what the organization refuses the token with, as if it were for itself'),
  mayMembersDelete: z.boolean().describe('whether the organization lets members delete repositories'),
  githubAppAccess: z.enum(['all', 'selected', 'suspended']).describe("what Vercel's GitHub app may see"),
  isTemplateMarked: z.boolean().describe('whether the template repository is marked as one'),
  isTemplateEmpty: z.boolean().describe('whether the template repository has no commit'),
  vercelPlan: z.enum(['hobby', 'pro', 'enterprise']).describe("hobby links no organization's repository"),
  vercelRole: z
    .enum(['OWNER', 'MEMBER', 'DEVELOPER', 'VIEWER', 'BILLING', 'CONTRIBUTOR'])
    .describe('a contributor sees the projects that it is assigned to: none of ours'),
  isVercelConnected: z.boolean().describe('whether the user has a Login Connection to GitHub'),
  vercelVariablePolicy: z.enum(['off', 'on']).describe('on: every variable is kept as a sensitive one'),
  vercelBlock: z
    .enum(['none', 'author-not-in-team', 'commit-not-verified'])
    .describe('why deployments are blocked'),
  isVercelTokenLimited: z.boolean().describe('whether the token sees only a part of the team'),
  n8nScopes: z.array(z.string()).describe('what the n8n key may do'),
  n8nRole: z.enum(['owner', 'member']).describe("a member's key sees the workflows of its own project"),
});

/** The accounts of a sandbox. */
export type Accounts = z.infer<typeof accountsSchema>;

/** Accounts with which everything works. */
export const goodAccounts: Accounts = {
  supabasePlan: 'pro',
  supabaseTokenScope: 'organization',
  mayRevealSupabaseKeys: true,
  githubTokenKind: 'classic',
  isGithubAdministrator: true,
  githubRole: 'owner',
  githubRepositoryAccess: 'all',
  isGithubCountShown: false,
  githubGuard: 'none',
  mayMembersDelete: true,
  githubAppAccess: 'all',
  isTemplateMarked: true,
  isTemplateEmpty: false,
  vercelPlan: 'pro',
  vercelRole: 'OWNER',
  isVercelTokenLimited: false,
  isVercelConnected: true,
  vercelVariablePolicy: 'off',
  vercelBlock: 'none',
  n8nScopes: workflowScopes,
  n8nRole: 'owner',
};

/** Each check holds where all is well, and fails for its own reason, which it names together with what fixes it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox, SandboxControl } from '../../sandbox/sandbox.ts';
import { startTestSandbox } from '../helpers/sandbox.ts';
import { check, detailOf, failuresIn } from './support.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterEach(() => sandbox.control.reset());
afterAll(() => sandbox.stop());

/** The newest deployment of the team is blocked. */
async function blockDeployments(
  control: SandboxControl,
  vercelBlock: 'author-not-in-team' | 'commit-not-verified',
): Promise<void> {
  control.setAccounts({ vercelBlock });
  control.setTiming({ deploymentReadyAfterMs: 0 });
  control.setDeploymentOutcome('BLOCKED');
  const projectId = await control.createForeign('vercel.project', 'another');
  await control.createForeign('vercel.deployment', 'another', { projectId });
}

test('where everything is in order every check holds, with nothing to fix', async () => {
  const checks = await check(sandbox);

  expect(failuresIn(checks)).toEqual({});
  expect(checks.map(({ provider, name }) => `${provider} ${name}`)).toEqual([
    'supabase token',
    'supabase region',
    'supabase quota',
    'supabase keys',
    'schema template',
    'github token',
    'github create-and-delete',
    'github template',
    'github vercel-app',
    'vercel token',
    'vercel plan',
    'vercel create-and-delete',
    'vercel github-connection',
    'vercel blocked-deployments',
    'n8n api',
    'n8n scopes',
    'n8n webhooks',
  ]);
  for (const { detail, fix } of checks) {
    expect(detail).not.toBe('');
    expect(fix).toBeNull();
  }
});

test('nothing but reads is sent, and nothing is changed', async () => {
  await check(sandbox);

  const sent = sandbox.control.journal();
  expect(new Set(sent.map(({ provider }) => provider))).toEqual(
    new Set(['supabase', 'github', 'vercel', 'n8n']),
  );
  expect(sent.filter(({ method, effect }) => method !== 'GET' || effect !== 'none')).toEqual([]);
});

test('whether the token reads secret keys is asked of a project of ours, and unknown without one', async () => {
  await sandbox.control.createForeign('supabase.project', 'somebody-elses', longAgo);
  expect(detailOf(await check(sandbox), 'supabase keys')).toContain('unknown: there is no project of ours');
  expect(sandbox.control.journal().map(({ operation }) => operation)).not.toContain('getApiKeys');

  await sandbox.control.createForeign('supabase.project', 'client-acme-prod', longAgo);
  expect(detailOf(await check(sandbox), 'supabase keys')).toBe('the token reads the secret keys');
});

type Arrange = (control: SandboxControl) => unknown;
const nothing: Arrange = () => {};
const longAgo = { createdAt: '2026-01-01T00:00:00Z' };

/** What is wrong, how it comes about, and the checks that then fail, with words of what they say. */
const cases: [string, Arrange, Record<string, string>, Record<string, RegExp>][] = [
  [
    'a revoked Supabase token',
    (control) => control.revokeToken('supabase'),
    {},
    {
      'supabase token':
        /answered 401: SUPABASE_MANAGEMENT_TOKEN is not accepted → Renew SUPABASE_MANAGEMENT_TOKEN/,
      'supabase region': /401/,
      'supabase quota': /401/,
      'supabase keys': /401/,
    },
  ],
  [
    'a Supabase token of a single project',
    (control) => control.setAccounts({ supabaseTokenScope: 'project' }),
    {},
    { 'supabase token': /single project.* → Make an access token for the whole organization/ },
  ],
  [
    'a Supabase organization that the token does not see',
    nothing,
    { SUPABASE_ORG_ID: 'another' },
    {
      'supabase token': /does not see the organization another → Set SUPABASE_ORG_ID/,
      'supabase region': /404 → Check the names/,
      'supabase quota': /404/,
      'supabase keys': /404/,
    },
  ],
  [
    'a Supabase token that may not read secret keys',
    async (control) => {
      control.setAccounts({ mayRevealSupabaseKeys: false });
      await control.createForeign('supabase.project', 'client-acme-prod', longAgo);
    },
    {},
    { 'supabase keys': /lacks the permission api_gateway_keys_secret_read → .*"API Key Secrets"/ },
  ],
  [
    'secret keys that Supabase masks',
    async (control) => {
      const ref = await control.createForeign('supabase.project', 'client-acme-prod', longAgo);
      control.addFault({
        provider: 'supabase',
        operation: 'getApiKeys',
        mode: 'reject',
        status: 200,
        matching: ref,
        body: [{ name: 'default', type: 'secret', api_key: `sb_secret_abc${'·'.repeat(20)}` }],
      });
    },
    {},
    { 'supabase keys': /lacks the permission api_gateway_keys_secret_read/ },
  ],
  [
    'a scoped Supabase token without a permission that its refusal names',
    (control) =>
      control.addFault({
        provider: 'supabase',
        operation: 'listRegions',
        mode: 'reject',
        status: 403,
        body: { message: 'Forbidden', missing_permissions: ['organization_read', 'projects_read'] },
      }),
    {},
    { 'supabase region': /lacks the permission organization_read, projects_read → Add it/ },
  ],
  [
    'a region that Supabase has not',
    nothing,
    { SUPABASE_REGION: 'moon-1' },
    { 'supabase region': /no region moon-1 → Set SUPABASE_REGION to one of .*eu-central-1/ },
  ],
  [
    'a region without capacity',
    (control) =>
      control.addFault({
        provider: 'supabase',
        operation: 'listRegions',
        mode: 'reject',
        status: 200,
        body: { all: { smartGroup: [], specific: [{ code: 'eu-central-1', status: 'capacity' }] } },
      }),
    {},
    { 'supabase region': /eu-central-1 takes no new project at present → .*another region/ },
  ],
  [
    'a free plan with as many projects as it takes',
    async (control) => {
      control.setAccounts({ supabasePlan: 'free' });
      await control.createForeign('supabase.project', 'one');
      await control.createForeign('supabase.project', 'two');
    },
    {},
    { 'supabase quota': /allows 2 active projects, and the organization has 2 → Raise the .*plan/ },
  ],
  [
    'a revoked GitHub token',
    (control) => control.revokeToken('github'),
    {},
    {
      'github token': /answered 401: GITHUB_TOKEN is not accepted → Renew GITHUB_TOKEN/,
      'github create-and-delete': /401/,
      'github template': /401/,
      'github vercel-app': /401/,
    },
  ],
  [
    'an organization that the GitHub token does not see',
    nothing,
    { GITHUB_ORG: 'another' },
    {
      'github token': /404 → Check the names in the variables of github/,
      'github create-and-delete': /404/,
      'github template': /another\/client-template is not there/,
    },
  ],
  [
    'a GitHub token that may create but not delete',
    (control) => control.setGithubScopes(['repo']),
    {},
    { 'github create-and-delete': /lacks the scope delete_repo → Add the scopes/ },
  ],
  [
    'a GitHub token without any scope',
    (control) => control.setGithubScopes([]),
    {},
    {
      'github create-and-delete': /lacks the scope repo and delete_repo/,
      'github template': /hidden from the token/,
    },
  ],
  [
    'a fine-grained GitHub token that administers nothing',
    (control) => control.setAccounts({ githubTokenKind: 'fine-grained', isGithubAdministrator: false }),
    {},
    { 'github create-and-delete': /fine-grained.* → Give the token "Administration: read and write"/ },
  ],
  [
    'an organization that keeps its members from deleting',
    (control) => control.setAccounts({ mayMembersDelete: false, isGithubAdministrator: false }),
    {},
    { 'github create-and-delete': /does not let its members delete repositories → Allow it/ },
  ],
  [
    'a template repository that is not marked as one',
    (control) => control.setAccounts({ isTemplateMarked: false }),
    {},
    { 'github template': /not marked as a template → Tick "Template repository"/ },
  ],
  [
    'a template repository without a commit',
    (control) => control.setAccounts({ isTemplateEmpty: true }),
    {},
    { 'github template': /is empty → Push a first commit/ },
  ],
  [
    'a template repository that is not there',
    nothing,
    { GITHUB_TEMPLATE_REPO: 'elsewhere' },
    { 'github template': /sandbox-agency\/elsewhere is not there.* → Set GITHUB_TEMPLATE_REPO/ },
  ],
  [
    "an organization without Vercel's GitHub app",
    (control) => control.setGithubAppInstalled(false),
    {},
    { 'github vercel-app': /not installed.* → Install https:\/\/github\.com\/apps\/vercel/ },
  ],
  [
    "Vercel's GitHub app on chosen repositories",
    (control) => control.setAccounts({ githubAppAccess: 'selected' }),
    {},
    { 'github vercel-app': /only chosen repositories.* → Choose "All repositories"/ },
  ],
  [
    "Vercel's GitHub app, suspended",
    (control) => control.setAccounts({ githubAppAccess: 'suspended' }),
    {},
    { 'github vercel-app': /suspended → Unsuspend it/ },
  ],
  [
    'a revoked Vercel token',
    (control) => control.revokeToken('vercel'),
    {},
    {
      'vercel token': /answered 403: VERCEL_TOKEN is not accepted → Renew VERCEL_TOKEN/,
      'vercel plan': /403/,
      'vercel create-and-delete': /403/,
      'vercel blocked-deployments': /403/,
    },
  ],
  [
    'a Vercel team that the token cannot reach',
    nothing,
    { VERCEL_TEAM_ID: 'team_of_others' },
    {
      'vercel token':
        /role in the team does not allow it → Make the token with an account that is Owner or Member/,
      'vercel plan': /403/,
      'vercel create-and-delete': /403/,
      'vercel blocked-deployments': /403/,
    },
  ],
  [
    'a Vercel token that sees only a part of the team',
    (control) => control.setAccounts({ isVercelTokenLimited: true }),
    {},
    { 'vercel token': /only a part.* → Make a token with the team as its scope/ },
  ],
  [
    'a fine-grained GitHub token that was given the template alone, where GitHub tells their number',
    async (control) => {
      control.setAccounts({
        githubTokenKind: 'fine-grained',
        githubRepositoryAccess: 'selected',
        isGithubCountShown: true,
      });
      await control.createForeign('github.repository', 'another');
    },
    {},
    {
      'github create-and-delete':
        /chosen repositories.*sees 1 of the organization's 2 private.* → .*"All repositories"/,
    },
  ],
  [
    'a Vercel user without a Login Connection to GitHub',
    (control) => control.setAccounts({ isVercelConnected: false }),
    {},
    { 'vercel github-connection': /no Login Connection.* → Add a Login Connection to GitHub/ },
  ],
  [
    'a Vercel team whose newest deployment is blocked for its author',
    (control) => blockDeployments(control, 'author-not-in-team'),
    {},
    { 'vercel blocked-deployments': /author is no member of the Vercel team → .*add the author/ },
  ],
  [
    'a Vercel team that wants verified commits',
    (control) => blockDeployments(control, 'commit-not-verified'),
    {},
    { 'vercel blocked-deployments': /wants verified commits.* → Sign/ },
  ],
  [
    'a Vercel team on the Hobby plan',
    (control) => control.setAccounts({ vercelPlan: 'hobby' }),
    {},
    { 'vercel plan': /Hobby, which cannot link.* → Upgrade the team to Pro/ },
  ],
  [
    'a Vercel role that may only look',
    (control) => control.setAccounts({ vercelRole: 'VIEWER' }),
    {},
    { 'vercel create-and-delete': /VIEWER, which may not create.* → .*Owner or Member/ },
  ],
  [
    'a revoked n8n key',
    (control) => control.revokeToken('n8n'),
    {},
    { 'n8n api': /answered 401 → Renew N8N_API_KEY/, 'n8n scopes': /401/ },
  ],
  [
    'an n8n that is still starting',
    (control) => control.setN8nStarting(60_000),
    {},
    {
      'n8n api': /answered 200 with something unreadable → Wait until n8n has started/,
      'n8n scopes': /unreadable → Wait until n8n has started/,
      'n8n webhooks': /it is starting up → Wait until n8n has started/,
    },
  ],
  [
    'an n8n whose public API is switched off',
    (control) =>
      control.addFault({ provider: 'n8n', operation: 'listWorkflows', mode: 'not-found', times: -1 }),
    {},
    { 'n8n api': /answered 404 → .*public API is not switched off/ },
  ],
  [
    'an n8n key that may publish but not delete',
    (control) =>
      control.setAccounts({
        n8nScopes: ['create', 'list', 'read', 'activate', 'deactivate'].map((right) => `workflow:${right}`),
      }),
    {},
    { 'n8n scopes': /lacks the scope workflow:delete → Add the scopes to the key/ },
  ],
  [
    'an n8n key that may not even look',
    (control) => control.setAccounts({ n8nScopes: [] }),
    {},
    {
      'n8n api': /lacks the scope for this call → Give the key the scopes workflow:create/,
      'n8n scopes': /workflow:list/,
    },
  ],
  [
    'webhooks that are served elsewhere',
    nothing,
    { N8N_WEBHOOK_URL: 'http://127.0.0.1:9' },
    { 'n8n webhooks': /got no answer.* → Start n8n, or check .* N8N_WEBHOOK_URL/ },
  ],
  [
    'a template schema that is not there',
    nothing,
    { SCHEMA_PATH: 'nowhere.sql' },
    { 'schema template': /SCHEMA_PATH: no template can be read there.* → Set the variables/ },
  ],
];

test.each(cases)('%s is told by the checks that it concerns, and by no other', async (...one) => {
  const [, arrange, environment, expected] = one;
  await arrange(sandbox.control);

  const failures = failuresIn(await check(sandbox, { environment }));

  expect(Object.keys(failures)).toEqual(Object.keys(expected));
  for (const [name, words] of Object.entries(expected)) expect(failures[name]).toMatch(words);
});

test('a template schema with a quote left open is told, with file, line and column', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'preflight-'));
  writeFileSync(join(folder, '1.sql'), "select 'fine';\n");
  writeFileSync(join(folder, '2.sql'), "select 1;\nselect 'open;\n");

  const failures = failuresIn(await check(sandbox, { environment: { SCHEMA_PATH: folder } }));

  rmSync(folder, { recursive: true });
  expect(Object.keys(failures)).toEqual(['schema template']);
  expect(failures['schema template']).toMatch(
    /^2\.sql, line 2, column 8: unterminated quoted string .* → Fix the file/,
  );
});

test.each([
  ['saml', /asks for single sign-on.* → .*Configure SSO/],
  ['ip-allow-list', /has an IP allow list.* → Put the address .* on the list/],
  ['no-classic-tokens', /forbids tokens of this kind → Make a token of the other kind/],
] as const)('a GitHub organization that guards itself (%s) is named', async (githubGuard, said) => {
  sandbox.control.setAccounts({ githubGuard });
  const failures = failuresIn(await check(sandbox));
  expect(Object.keys(failures)).toEqual([
    'github token',
    'github create-and-delete',
    'github template',
    'github vercel-app',
  ]);
  for (const text of Object.values(failures)) expect(text).toMatch(said);
});

describe('what cannot be told is no failure', () => {
  test('a free plan with room left', async () => {
    sandbox.control.setAccounts({ supabasePlan: 'free' });
    await sandbox.control.createForeign('supabase.project', 'one');

    const checks = await check(sandbox);

    expect(failuresIn(checks)).toEqual({});
    expect(detailOf(checks, 'supabase quota')).toContain(
      'allows 2 active projects, and the organization has 1',
    );
  });

  test('a fine-grained GitHub token that administers the template', async () => {
    sandbox.control.setAccounts({ githubTokenKind: 'fine-grained' });
    expect(failuresIn(await check(sandbox))).toEqual({});
  });

  test.each(['all', 'selected'] as const)(
    'which repositories a fine-grained GitHub token was given (%s)',
    async (githubRepositoryAccess) => {
      sandbox.control.setAccounts({ githubTokenKind: 'fine-grained', githubRepositoryAccess });
      await sandbox.control.createForeign('github.repository', 'another');

      const checks = await check(sandbox);

      expect(failuresIn(checks)).toEqual({});
      expect(detailOf(checks, 'github create-and-delete')).toMatch(/^unknown: .*fine-grained token sees/);
    },
  );

  test('a Vercel team that is named by its slug', async () => {
    const checks = await check(sandbox, { environment: { VERCEL_TEAM_ID: 'sandbox-agency' } });

    expect(failuresIn(checks)).toEqual({});
    expect(detailOf(checks, 'vercel token')).toBe('the token reads the team');
  });

  test('an owner, where members may not delete', async () => {
    sandbox.control.setAccounts({ mayMembersDelete: false });
    expect(failuresIn(await check(sandbox))).toEqual({});
  });

  test.each([403, 404])('GitHub apps that the token may not list, by a %i', async (status) => {
    const operation = 'listInstallations';
    sandbox.control.addFault({ provider: 'github', operation, mode: 'refuse', status });

    const checks = await check(sandbox);

    expect(failuresIn(checks)).toEqual({});
    expect(detailOf(checks, 'github vercel-app')).toContain('unknown');
  });

  test('a personal Vercel account, whose plan is not told', async () => {
    const checks = await check(sandbox, { environment: { VERCEL_TEAM_ID: '' } });

    expect(failuresIn(checks)).toEqual({});
    expect(detailOf(checks, 'vercel token')).toContain('no team is set');
  });

  test('a group of regions, from which Supabase chooses', async () => {
    const environment = { SUPABASE_REGION: 'smartGroup:emea' };
    expect(failuresIn(await check(sandbox, { environment }))).toEqual({});
  });
});

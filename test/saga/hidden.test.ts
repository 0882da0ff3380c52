/** Hidden is not gone: a token that does not see what is ours has not seen that it is gone, nor that it was not made. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Accounts } from '../../src/sandbox/accounts.ts';
import type { ProviderName } from '../../src/sandbox/sandbox.ts';
import { startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { post } from '../server/support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    backend: 'redis',
    environment: {
      PROVIDER_TIMEOUT_MS: '1500',
      SETTLE_MS: '300',
      READY_TIMEOUT_MS: '4000',
      STEP_MAX_ATTEMPTS: '3',
    },
  });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

async function rollBack(id: string): Promise<ShownProvisioning> {
  const response = await post(stack, {}, { path: `/api/provisioning/${id}/rollback` });
  expect(response.status).toBe(202);
  return until(async () => {
    const shown = await stack.show(id);
    return ['completed', 'incomplete'].includes(shown.rollback.status) ? shown : undefined;
  }, `the rollback of ${id} to end`);
}

async function succeed(): Promise<ShownProvisioning> {
  const { id } = await stack.provision();
  const done = await stack.waitUntilDone(id);
  expect(done).toMatchObject({ status: 'succeeded' });
  return done;
}

const kindsOf = () =>
  stack.sandbox.control
    .objects()
    .map(({ kind }) => kind)
    .filter((kind) => kind !== 'vercel.deployment');
const leftOf = ({ resources }: ShownProvisioning) => resources.filter(({ state }) => state !== 'deleted');

const providers = [
  ['supabase', 'supabase.project', /sees? .*organization/],
  ['github', 'github.repository', /owner/],
  ['vercel', 'vercel.project', /only a part of the account/],
  ['n8n', 'n8n.workflow', /answered 403/],
] as const satisfies [ProviderName, string, RegExp][];

describe('a token that has become blind', () => {
  test.each(providers)(
    'at %s leaves its %s on the list, with the reason and what to do, and deletes it once it sees again',
    async (provider, kind, reason) => {
      const { control } = stack.sandbox;
      const { id } = await succeed();
      control.blindToken(provider);

      const left = await rollBack(id);

      expect(left).toMatchObject({ rollback: { status: 'incomplete' }, needsAttention: true });
      expect(leftOf(left)).toMatchObject([{ kind, state: 'delete-failed' }]);
      expect(leftOf(left)[0]?.error).toMatch(reason);
      expect(leftOf(left)[0]?.whatToDo).toMatch(/POST …\/rollback/);
      expect(kindsOf()).toEqual([kind]);

      control.restoreToken(provider);
      expect(await rollBack(id)).toMatchObject({ rollback: { status: 'completed' } });
      expect(kindsOf()).toEqual([]);
    },
  );

  const creates = [
    ['supabase', 'createProject', 'supabase-project', 'supabase.project'],
    ['github', 'generateRepository', 'github-repo', 'github.repository'],
    ['n8n', 'createWorkflow', 'n8n-webhooks', 'n8n.workflow'],
  ] as const satisfies [ProviderName, string, string, string][];

  test.each(creates)(
    'at %s does not turn a %s without an answer into "nothing was made"',
    async (provider, operation, step, kind) => {
      const { control } = stack.sandbox;
      control.addFault({ provider, operation, mode: 'hang-after' });
      const { id } = await stack.provision();
      await until(() => control.faults()[0]?.fired === 1, 'the call to be sent');
      control.blindToken(provider);

      const left = await stack.waitUntilDone(id);

      expect(left).toMatchObject({
        status: 'failed',
        failure: { step, code: 'credentials-rejected' },
        rollback: { status: 'incomplete' },
      });
      expect(left.failure?.message).toMatch(/nobody can know whether .* was made: .* proves nothing: /);
      expect(leftOf(left)).toMatchObject([{ kind, state: 'unknown', externalId: null }]);
      expect(leftOf(left)[0]?.error).toContain('nobody can know');
      expect(kindsOf()).toEqual([kind]);

      control.restoreToken(provider);
      expect(await rollBack(id)).toMatchObject({ rollback: { status: 'completed' } });
      expect(kindsOf()).toEqual([]);
    },
  );

  test('and sees again in time makes again what was not made', async () => {
    const { control } = stack.sandbox;
    control.addFault({ provider: 'github', operation: 'generateRepository', mode: 'hang-before' });
    const { id } = await stack.provision();
    await until(() => control.faults()[0]?.fired === 1, 'the call to be sent');
    control.blindToken('github');
    await until(
      () => control.journal().some(({ operation }) => operation === 'getMembership'),
      'it to be asked what the token sees',
    );
    control.restoreToken('github');
    expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
    expect(kindsOf().filter((kind) => kind === 'github.repository')).toHaveLength(1);
  });
});

/** Tokens, by what is known of them. */
const tokens: Readonly<Record<string, Partial<Accounts>>> = {
  'a classic token of an owner': {},
  'a classic token of a member': { githubRole: 'member' },
  'a fine-grained token with all repositories': { githubTokenKind: 'fine-grained' },
  'a fine-grained token that reads the organization': {
    githubTokenKind: 'fine-grained',
    isGithubCountShown: true,
  },
};
const names = Object.keys(tokens);

describe("GitHub's tokens", () => {
  test.each(names)('%s rolls back as before, and nothing more is asked', async (name) => {
    const { control } = stack.sandbox;
    control.setAccounts(tokens[name] ?? {});
    control.setDeploymentOutcome('ERROR');
    const { id } = await stack.provision();
    expect(await stack.waitUntilDone(id)).toMatchObject({ rollback: { status: 'completed' } });
    expect(control.objects()).toEqual([]);
    expect(control.journal().filter(({ operation }) => operation === 'getMembership')).toEqual([]);
  });

  test.each([
    ['a classic token of an owner', 'completed', undefined],
    ['a fine-grained token that reads the organization', 'completed', undefined],
    ['a classic token of a member', 'incomplete', /not shown to be of an owner/],
    ['a fine-grained token with all repositories', 'incomplete', /which repositories a fine-grained token/],
  ] as const)('of what somebody else has deleted, %s says %s', async (name, status, reason) => {
    const { control } = stack.sandbox;
    control.setAccounts(tokens[name] ?? {});
    const done = await succeed();
    const repository = done.resources.find(({ kind }) => kind === 'github.repository');
    control.removeObject('github.repository', repository?.externalId ?? '');

    const ended = await rollBack(done.id);

    expect(ended.rollback.status).toBe(status);
    expect(kindsOf()).toEqual([]);
    if (reason !== undefined) expect(leftOf(ended)[0]?.error).toMatch(reason);
  });

  test('a token that was cut down to chosen repositories is found out by their number', async () => {
    const { control } = stack.sandbox;
    control.setAccounts({ githubTokenKind: 'fine-grained', isGithubCountShown: true });
    const { id } = await succeed();
    control.setAccounts({ githubRepositoryAccess: 'selected' });

    const left = await rollBack(id);

    expect(left.rollback.status).toBe('incomplete');
    expect(leftOf(left)[0]?.error).toContain("sees 1 of the organization's 2 private repositories");
    expect(kindsOf()).toEqual(['github.repository']);
  });

  test.each(['saml', 'ip-allow-list', 'no-classic-tokens'] as const)(
    'a refusal of the organization (%s) is no absence',
    async (githubGuard) => {
      const { control } = stack.sandbox;
      const { id } = await succeed();
      control.setAccounts({ githubGuard });
      const left = await rollBack(id);
      expect(left.rollback.status).toBe('incomplete');
      expect(leftOf(left)).toMatchObject([{ kind: 'github.repository', state: 'delete-failed' }]);
      control.setAccounts({ githubGuard: 'none' });
      expect(await rollBack(id)).toMatchObject({ rollback: { status: 'completed' } });
    },
  );
});

describe('what others have deleted', () => {
  test.each([
    ['vercel.project', { vercelRole: 'CONTRIBUTOR' }, /CONTRIBUTOR, from which Vercel hides projects/],
    ['supabase.project', { supabaseTokenScope: 'project' }, /one for chosen projects/],
    ['supabase.project', { supabasePlan: 'team' }, /plan team a role may be for chosen projects/],
    ['n8n.workflow', { n8nRole: 'member' }, /belongs to a member/],
  ] as const satisfies [string, Partial<Accounts>, RegExp][])(
    'at %s is not seen by who may not see everything (%j)',
    async (kind, accounts, reason) => {
      const { control } = stack.sandbox;
      const done = await succeed();
      control.setAccounts(accounts);
      const resource = done.resources.find((one) => one.kind === kind);
      control.removeObject(kind, resource?.externalId ?? '');

      const left = await rollBack(done.id);

      expect(left.rollback.status).toBe('incomplete');
      expect(leftOf(left)).toMatchObject([{ kind, state: 'delete-failed' }]);
      expect(leftOf(left)[0]?.error).toMatch(reason);
    },
  );

  test.each(['supabase.project', 'github.repository', 'vercel.project', 'n8n.workflow'] as const)(
    'at %s is gone for a normal token',
    async (kind) => {
      const { control } = stack.sandbox;
      const done = await succeed();
      const resource = done.resources.find((one) => one.kind === kind);
      control.removeObject(kind, resource?.externalId ?? '');
      expect(await rollBack(done.id)).toMatchObject({ rollback: { status: 'completed' } });
      expect(kindsOf()).toEqual([]);
    },
  );

  test("a member's n8n key deletes what it has made, and archived or not that is seen to be gone", async () => {
    stack.sandbox.control.setAccounts({ n8nRole: 'member' });
    const { id } = await succeed();
    expect(await rollBack(id)).toMatchObject({ rollback: { status: 'completed' } });
    expect(kindsOf()).toEqual([]);
  });
});

/** Hidden is not gone: a token that does not see what is ours has not seen that it is gone, nor that it was not made. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Accounts } from '../../sandbox/accounts.ts';
import type { FaultRequest, ProviderName } from '../../sandbox/sandbox.ts';
import { startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { post } from '../server/support.ts';

/** On a machine with much else to do. */
const patienceMs = 50_000;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    backend: 'redis',
    environment: {
      PROVIDER_TIMEOUT_MS: '5000',
      SETTLE_MS: '300',
      READY_TIMEOUT_MS: '6000',
      STEP_MAX_ATTEMPTS: '3',
    },
  });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

async function rollBack(id: string): Promise<ShownProvisioning> {
  const response = await post(stack, {}, { path: `/api/provisioning/${id}/rollback` });
  expect(response.status).toBe(202);
  return until(
    async () => {
      const shown = await stack.show(id);
      return ['completed', 'incomplete'].includes(shown.rollback.status) ? shown : undefined;
    },
    `the rollback of ${id} to end`,
    patienceMs,
  );
}

/** What makes the step fail that has just made something of that kind. */
const stops = {
  'supabase.project': { provider: 'supabase', operation: 'getApiKeys', mode: 'refuse' },
  'github.repository': { provider: 'github', operation: 'listBranches', mode: 'reject', status: 422 },
  'vercel.project': { provider: 'vercel', operation: 'createDeployment', mode: 'reject', status: 400 },
  'n8n.workflow': { provider: 'n8n', operation: 'publishWorkflow', mode: 'reject', status: 400 },
} as const satisfies Record<string, FaultRequest>;
type Kind = keyof typeof stops;

/** A provisioning that has made one of that kind, with all before it, and waits for an operator. */
async function makeUpTo(kind: Kind): Promise<{ id: string; externalId: string }> {
  stack.sandbox.control.addFault({ ...stops[kind], times: -1 });
  const { id } = await stack.provision({ onFailure: 'pause' });
  return until(
    async () => {
      const { status, resources } = await stack.show(id);
      const made = resources.find((one) => one.kind === kind && one.state === 'live');
      return status === 'paused' && made?.externalId != null
        ? { id, externalId: made.externalId }
        : undefined;
    },
    `${id} to pause with a ${kind}`,
    patienceMs,
  );
}

const kindsOf = () =>
  stack.sandbox.control
    .objects()
    .map(({ kind }) => kind)
    .filter((kind) => kind !== 'vercel.deployment');
const leftOf = ({ resources }: ShownProvisioning) => resources.filter(({ state }) => state !== 'deleted');

const providers = [
  ['supabase', 'supabase.project', /does not see the organization/],
  ['github', 'github.repository', /owner/],
  ['vercel', 'vercel.project', /only a part of the account/],
  ['n8n', 'n8n.workflow', /answered 403/],
] as const satisfies [ProviderName, Kind, RegExp][];

describe('a token that has become blind', () => {
  test.each(providers)(
    'at %s leaves its %s on the list, with the reason and what to do, and deletes it once it sees again',
    async (provider, kind, reason) => {
      const { control } = stack.sandbox;
      const { id } = await makeUpTo(kind);
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

      const left = await until(
        async () => {
          const shown = await stack.show(id);
          return shown.done ? shown : undefined;
        },
        `${id} to be done`,
        patienceMs,
      );

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
    const { id } = await makeUpTo('github.repository');
    expect(await rollBack(id)).toMatchObject({ rollback: { status: 'completed' } });
    expect(control.objects()).toEqual([]);
    expect(control.journal().filter(({ operation }) => operation === 'getMembership')).toEqual([]);
  });

  test.each([
    ['a classic token of an owner', 'completed', /^$/],
    ['a fine-grained token that reads the organization', 'completed', /^$/],
    ['a classic token of a member', 'incomplete', /not shown to be of an owner/],
    ['a fine-grained token with all repositories', 'incomplete', /which repositories a fine-grained token/],
  ] as const)('of what somebody else has deleted, %s says %s', async (name, status, reason) => {
    const { control } = stack.sandbox;
    control.setAccounts(tokens[name] ?? {});
    const { id, externalId } = await makeUpTo('github.repository');
    control.removeObject('github.repository', externalId);

    const ended = await rollBack(id);

    expect(ended.rollback.status).toBe(status);
    expect(kindsOf()).toEqual([]);
    expect(leftOf(ended)[0]?.error ?? '').toMatch(reason);
  });

  test('a token that was cut down to chosen repositories is found out by their number', async () => {
    const { control } = stack.sandbox;
    control.setAccounts({ githubTokenKind: 'fine-grained', isGithubCountShown: true });
    const { id } = await makeUpTo('github.repository');
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
      const { id } = await makeUpTo('github.repository');
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
  ] as const satisfies [Kind, Partial<Accounts>, RegExp][])(
    'at %s is not seen by who may not see everything (%j)',
    async (kind, accounts, reason) => {
      const { control } = stack.sandbox;
      const { id, externalId } = await makeUpTo(kind);
      control.setAccounts(accounts);
      control.removeObject(kind, externalId);

      const left = await rollBack(id);

      expect(left.rollback.status).toBe('incomplete');
      expect(leftOf(left)).toMatchObject([{ kind, state: 'delete-failed' }]);
      expect(leftOf(left)[0]?.error).toMatch(reason);
    },
  );

  test('is gone for normal tokens', async () => {
    const { control } = stack.sandbox;
    const { id } = await makeUpTo('n8n.workflow');
    for (const { kind, id: externalId } of control.objects())
      if (kind !== 'vercel.deployment') control.removeObject(kind, externalId);
    expect(await rollBack(id)).toMatchObject({ rollback: { status: 'completed' } });
    expect(kindsOf()).toEqual([]);
  });

  test("a member's n8n key sees that what it has deleted is gone", async () => {
    stack.sandbox.control.setAccounts({ n8nRole: 'member' });
    const { id } = await makeUpTo('n8n.workflow');
    expect(await rollBack(id)).toMatchObject({ rollback: { status: 'completed' } });
    expect(kindsOf()).toEqual([]);
  });
});

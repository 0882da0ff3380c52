/** A provider that says no: its reason is told, its words only to those who may act. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FaultRequest } from '../../src/sandbox/sandbox.ts';
import { makeKey } from '../server/support.ts';
import { startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
});
afterEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

const sso: FaultRequest = {
  provider: 'github',
  operation: 'generateRepository',
  mode: 'reject',
  status: 403,
  headers: { 'X-GitHub-SSO': 'required; url=https://github.com/orgs/acme/sso?authorization_request=A1' },
  body: {
    message:
      'Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.',
    documentation_url: 'https://docs.github.com/articles/authenticating-to-a-github-organization',
  },
};

async function untilPaused(id: string): Promise<ShownProvisioning> {
  return until(async () => {
    const shown = await stack.show(id);
    return shown.status === 'paused' ? shown : undefined;
  }, 'the provisioning to pause');
}

async function everythingToldOf(id: string): Promise<string> {
  const parts = ['events', 'callbacks'].map(async (part) =>
    (await stack.call(`/api/provisioning/${id}/${part}`)).text(),
  );
  const list = (await stack.call('/api/provisioning?limit=100')).text();
  const received = JSON.stringify(stack.sandbox.control.receivedCallbacks());
  return [...(await Promise.all([...parts, list])), received].join('\n');
}

describe('a refusal whose reason is known', () => {
  test('is told with what to do, and in the words of the provider to operators only', async () => {
    stack.sandbox.control.addFault({ ...sso, times: 2 });
    const callbackUrl = `${stack.sandbox.urls.control}/receiver/refusals`;
    const { id } = await stack.provision({ onFailure: 'pause', callbackUrl });
    const paused = await untilPaused(id);
    expect(paused.failure).toMatchObject({
      step: 'github-repo',
      code: 'provider-rejected',
      message: expect.stringContaining('single sign-on') as string,
      whatToDo: expect.stringMatching(/Configure SSO.*Then POST …\/resume/) as string,
      providerText: expect.stringContaining('SAML enforcement') as string,
    });

    const { token } = await makeKey(stack, 'viewer');
    const seen = await (await stack.call(`/api/provisioning/${id}`, { key: token })).json();
    expect(JSON.stringify(seen)).toContain('Configure SSO');
    expect(JSON.stringify(seen)).not.toContain('SAML enforcement');

    await until(
      () => stack.sandbox.control.receivedCallbacks('refusals').length > 0 || undefined,
      'the callback',
    );
    const told = await everythingToldOf(id);
    expect(told).toContain('Configure SSO');
    expect(told).not.toContain('SAML enforcement');
    const line = stack.logLines.find((candidate) => candidate.includes('the step failed for good'));
    expect(line).toContain('SAML enforcement');

    stack.sandbox.control.clearFaults();
    await stack.call(`/api/provisioning/${id}/resume`, { method: 'POST' });
    expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded', failure: null });
  });

  test('of a deletion is what the resource that is left says', async () => {
    const { control } = stack.sandbox;
    control.setDeploymentOutcome('ERROR');
    control.addFault({
      provider: 'github',
      operation: 'deleteRepository',
      mode: 'reject',
      status: 403,
      body: { message: 'Must have admin rights to Repository.' },
      times: -1,
    });
    const { id } = await stack.provision();
    const done = await stack.waitUntilDone(id);
    expect(done.rollback.status).toBe('incomplete');
    const left = done.resources.find(({ state }) => state === 'delete-failed');
    expect(left).toMatchObject({
      kind: 'github.repository',
      error: expect.stringContaining('the token may not delete repositories') as string,
      whatToDo: expect.stringMatching(/delete_repo.*POST …\/rollback/) as string,
    });
  });

  test('is a quota, where a plan or a payment is the reason, and no matter of the token', async () => {
    stack.sandbox.control.addFault({
      provider: 'supabase',
      operation: 'createProject',
      mode: 'reject',
      status: 403,
      body: { message: 'There are overdue invoices in the organization(s) you have access to.' },
    });
    const { id } = await stack.provision();
    expect((await stack.waitUntilDone(id)).failure).toMatchObject({
      code: 'quota-exceeded',
      message: expect.stringContaining('unpaid invoices') as string,
    });
  });
});

test('a secret that a provider echoes is in none of its words that are kept', async () => {
  const token = stack.environment['SUPABASE_MANAGEMENT_TOKEN'] ?? '';
  const bell = String.fromCodePoint(7);
  stack.sandbox.control.addFault({
    provider: 'supabase',
    operation: 'createProject',
    mode: 'reject',
    status: 400,
    body: { message: `Invalid request by ${token}${bell} ${'x'.repeat(5000)}` },
  });
  const { id } = await stack.provision();
  const { failure } = await stack.waitUntilDone(id);
  expect(failure?.providerText).toContain('Invalid request by [secret]');
  expect(failure?.providerText).not.toContain(bell);
  expect(failure?.providerText).toHaveLength(500);
  const { rows } = await stack.pool.query('select * from ledger.provisionings where id = $1', [id]);
  expect(JSON.stringify(rows)).not.toContain(token);
});

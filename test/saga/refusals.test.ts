/** A provider that says no: its reason is told, its words only to those who may act. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FaultRequest } from '../../sandbox/sandbox.ts';
import { makeKey } from '../server/support.ts';
import { startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
});
afterEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

interface KnownRefusal {
  readonly fault: Omit<FaultRequest, 'mode' | 'times'>;
  readonly failure: { step: string; code: string };
  /** In our words. */
  readonly says: RegExp;
  readonly advises: RegExp;
  /** In the provider's words. */
  readonly quotes: string;
}

/** One for each provider, as it is worded there. */
const known: readonly KnownRefusal[] = [
  {
    fault: {
      provider: 'supabase',
      operation: 'createProject',
      status: 403,
      body: {
        message:
          'Project creation in the Supabase dashboard is disabled for this Vercel-managed organization.',
      },
    },
    failure: { step: 'supabase-project', code: 'provider-rejected' },
    says: /managed by a marketplace/,
    advises: /SUPABASE_ORG_ID/,
    quotes: 'dashboard is disabled',
  },
  {
    fault: {
      provider: 'github',
      operation: 'generateRepository',
      status: 403,
      headers: { 'X-GitHub-SSO': 'required; url=https://github.com/orgs/acme/sso?authorization_request=A1' },
      body: {
        message:
          'Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.',
        documentation_url: 'https://docs.github.com/articles/authenticating-to-a-github-organization',
      },
    },
    failure: { step: 'github-repo', code: 'provider-rejected' },
    says: /single sign-on/,
    advises: /Configure SSO/,
    quotes: 'SAML enforcement',
  },
  {
    fault: {
      provider: 'vercel',
      operation: 'createDeployment',
      status: 402,
      body: {
        error: {
          code: 'api-deployments-free-per-day',
          message:
            'Resource is limited - try again in 24 hours (more than 100, code: "api-deployments-free-per-day").',
        },
      },
    },
    failure: { step: 'vercel-deployment', code: 'quota-exceeded' },
    says: /as many deployments as its plan allows/,
    advises: /Wait a day/,
    quotes: 'try again in 24 hours',
  },
  {
    fault: {
      provider: 'n8n',
      operation: 'createWorkflow',
      status: 401,
      headers: { 'WWW-Authenticate': 'Basic realm="n8n"' },
      body: '<html><head><title>401 Authorization Required</title></head></html>',
    },
    failure: { step: 'n8n-webhooks', code: 'credentials-rejected' },
    says: /a proxy in front of n8n asks for a password/,
    advises: /N8N_BASIC_AUTH/,
    quotes: '401 Authorization Required',
  },
];

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
  test.each(known)(
    'of $fault.provider is told with what to do, and in its own words to operators only',
    async ({ fault, failure, says, advises, quotes }) => {
      stack.sandbox.control.addFault({ ...fault, mode: 'reject', times: -1 });
      const receiver = `refusals-of-${fault.provider}`;
      const callbackUrl = `${stack.sandbox.urls.control}/receiver/${receiver}`;
      const { id } = await stack.provision({ onFailure: 'pause', callbackUrl });
      const paused = await untilPaused(id);
      expect(paused.failure).toMatchObject({
        ...failure,
        message: expect.stringMatching(says) as string,
        whatToDo: expect.stringMatching(new RegExp(`${advises.source}.*Then POST …/resume`)) as string,
        providerText: expect.stringContaining(quotes) as string,
      });

      const { token } = await makeKey(stack, 'viewer');
      const seen = await (await stack.call(`/api/provisioning/${id}`, { key: token })).text();
      expect(seen).toMatch(advises);
      expect(seen).not.toContain(quotes);

      await until(
        () => stack.sandbox.control.receivedCallbacks(receiver).length > 0 || undefined,
        'the callback',
      );
      const told = await everythingToldOf(id);
      expect(told).toMatch(advises);
      expect(told).not.toContain(quotes);
      const line = stack.logLines.findLast((candidate) => candidate.includes('the step failed for good'));
      expect(line).toContain(quotes);

      stack.sandbox.control.clearFaults();
      await stack.call(`/api/provisioning/${id}/resume`, { method: 'POST' });
      expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded', failure: null });
    },
  );

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

/** Tokens that may make a project and not read its secret keys. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
});
afterEach(() => {
  stack.sandbox.control.setAccounts({ mayRevealSupabaseKeys: true });
  stack.sandbox.control.clearFaults();
});
afterAll(() => stack?.stop());

async function provision(): Promise<ShownProvisioning> {
  const { id } = await stack.provision();
  return stack.waitUntilDone(id);
}

function expectRefused(done: ShownProvisioning): void {
  expect(done.failure).toMatchObject({ step: 'supabase-project', code: 'provider-rejected' });
  expect(done.failure?.message).toContain('api_gateway_keys_secret_read');
  expect(done.failure?.message).toContain('API Key Secrets');
  expect(done.steps[0]?.attempts).toBe(1);
  expect(done.rollback.status).toBe('completed');
}

test('a scoped token without the permission fails the step at once, by the name of the permission', async () => {
  stack.sandbox.control.setAccounts({ mayRevealSupabaseKeys: false });
  const done = await provision();
  expect(done.status).toBe('failed');
  expectRefused(done);
});

test('a refusal that names no permission is one for the same reason', async () => {
  stack.sandbox.control.addFault({ provider: 'supabase', operation: 'getApiKeys', mode: 'refuse' });
  const done = await provision();
  expect(done.status).toBe('failed');
  expectRefused(done);
});

test('keys that come masked are a matter of permission, not of waiting', async () => {
  stack.sandbox.control.addFault({
    provider: 'supabase',
    operation: 'getApiKeys',
    mode: 'reject',
    status: 200,
    body: [
      { name: 'default', type: 'publishable', api_key: 'sb_publishable_in_the_clear' },
      { name: 'default', type: 'secret', api_key: `sb_secret_abcde${'·'.repeat(20)}` },
    ],
  });
  const done = await provision();
  expectRefused(done);

  const { rows } = await stack.pool.query(
    `select from ledger.events where provisioning_id = $1 and data ->> 'waitingFor' like '%keys%'`,
    [done.id],
  );
  expect(rows).toEqual([]);
});

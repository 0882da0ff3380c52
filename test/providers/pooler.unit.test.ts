/** What follows from each refusal of the pooler at connect, through the sandbox's pooler, with no database behind it. */
import { expect, onTestFinished, test } from 'vitest';
import { NotYet, ProviderError, StepFailure } from '../../src/errors.ts';
import { AddressRefused, PasswordRefused, withDatabase } from '../../src/providers/postgres.ts';
import { startPooler } from '../../sandbox/supabase/pooler.ts';

/** The error of a connection that the pooler refuses with this. */
async function errorOf(code: string, message: string): Promise<unknown> {
  const pooler = await startPooler({
    host: '127.0.0.1',
    server: { host: '127.0.0.1', port: 1 },
    routeOf: () => ({ refusal: { code, message } }),
  });
  onTestFinished(() => pooler.close());
  const address = { host: '127.0.0.1', port: pooler.port, user: 'postgres.known', database: 'postgres' };
  const limits = { timeoutMs: 5000, signal: new AbortController().signal };
  return withDatabase(
    { ...address, password: 'x' },
    { mode: 'disable', ca: undefined },
    limits,
    async () => {},
  ).catch((error: unknown) => error);
}

test.each([
  ['XX000', '(ENOTFOUND) tenant/user postgres.known not found'],
  ['XX000', 'Tenant or user not found'],
  ['XX000', '(EAUTHQUERY) authentication query failed'],
  ['XX000', '(EMAXCONNSESSION) max clients reached in session mode'],
  ['53300', 'sorry, too many clients already'],
  ['57P03', 'the database system is starting up'],
])('%s %s is waited for', async (code, message) => {
  const error = await errorOf(code, message);

  expect(error).toBeInstanceOf(NotYet);
  expect(error).toMatchObject({ waitingFor: 'the database to take connections' });
});

test('an address that is not allowed fails for good, and is not repeated', async () => {
  const error = await errorOf(
    'XX000',
    '(EADDRNOTALLOWED) address not in tenant allow_list: {203, 0, 113, 7}',
  );

  expect(error).toBeInstanceOf(AddressRefused);
  expect(error).toBeInstanceOf(StepFailure);
  expect(error).toMatchObject({ code: 'provider-rejected' });
  expect(String(error)).toContain('network restrictions');
  expect(String(error)).not.toContain('203');
});

test('a refused password is an error that another attempt may fix, for every step', async () => {
  const error = await errorOf('28P01', 'password authentication failed for user "postgres"');

  expect(error).toBeInstanceOf(PasswordRefused);
  expect(error).toBeInstanceOf(ProviderError);
  expect(error).toMatchObject({ outcome: 'not-made', status: undefined });
});

/** What an n8n that does not tell its key's scopes is asked instead. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { startTestSandbox } from '../helpers/sandbox.ts';
import { check, detailOf, failuresIn } from './support.ts';

let old: Sandbox;
beforeAll(async () => {
  old = await startTestSandbox({ n8n: '1.122' });
});
afterAll(() => old.stop());

test('an n8n of before 2026 is asked for its list', async () => {
  const checks = await check(old);

  expect(failuresIn(checks)).toEqual({});
  expect(detailOf(checks, 'n8n scopes')).toContain('too old to tell');
});

test('an n8n of before 2026 fails both checks where the key may not list', async () => {
  old.control.setAccounts({ n8nScopes: ['workflow:create'] });
  expect(Object.keys(failuresIn(await check(old)))).toEqual(['n8n api', 'n8n scopes']);
});

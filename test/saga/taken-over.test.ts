/** A stranger makes a project of our name while our own create is in doubt: it looks like ours, and is not. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { namesOf } from '../helpers/names.ts';
import { newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis', environment: { SETTLE_MS: '1500' } });
});
afterAll(() => stack?.stop());

test("a rollback never deletes a stranger's project that appeared while our create was in doubt", async () => {
  const { control } = stack.sandbox;
  const clientId = newClientId();
  control.addFault({ provider: 'supabase', operation: 'createProject', mode: 'drop-before' });
  // Before the step comes to compare the password.
  control.addFault({ provider: 'supabase', operation: 'getApiKeys', mode: 'refuse' });
  const { id } = await stack.provision({ clientId });
  await until(() => control.faults()[0]?.fired === 1 || undefined, 'the create to be lost');
  const strangerId = await control.createForeign('supabase.project', namesOf(clientId).supabaseProject);

  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'failed' });
  expect(control.objects().map((object) => object.id)).toContain(strangerId);
  expect(
    control.journal().filter(({ objectId, effect }) => objectId === strangerId && effect !== 'none'),
  ).toEqual([]);
});

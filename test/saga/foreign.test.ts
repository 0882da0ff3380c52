import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { namesOf } from '../helpers/names.ts';
import { newClientId, startStack, type Stack } from '../helpers/stack.ts';

const strangers = [
  {
    kind: 'supabase.project',
    step: 'supabase-project',
    nameOf: (id: string) => namesOf(id).supabaseProject,
  },
  { kind: 'github.repository', step: 'github-repo', nameOf: (id: string) => namesOf(id).repository },
  {
    kind: 'vercel.project',
    step: 'vercel-deployment',
    nameOf: (id: string) => namesOf(id).vercelProject,
  },
  { kind: 'n8n.workflow', step: 'n8n-webhooks', nameOf: (id: string) => namesOf(id).workflow },
] as const;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ backend: 'redis' });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

test.each(strangers)(
  "a stranger's $kind of our name fails the step with name-taken and survives untouched",
  async ({ kind, step, nameOf }) => {
    const { control } = stack.sandbox;
    const clientId = newClientId();
    // Made long ago: one that still boots would change by itself while the test runs.
    const createdAt = new Date(Date.now() - 3_600_000).toISOString();
    const strangerId = await control.createForeign(kind, nameOf(clientId), { createdAt });
    const before = control.objects();

    const { id } = await stack.provision({ clientId });
    const done = await stack.waitUntilDone(id);

    expect(done).toMatchObject({
      status: 'failed',
      failure: { step, code: 'name-taken' },
      rollback: { status: 'completed' },
    });
    expect(done.failure?.message).toContain(`${strangerId} has the name`);
    expect(control.objects()).toEqual(before);
    expect(done.resources).toContainEqual(
      expect.objectContaining({ kind, origin: 'foreign', externalId: strangerId }),
    );
    expect(
      control.journal().filter(({ objectId, effect }) => objectId === strangerId && effect !== 'none'),
    ).toEqual([]);
  },
);

test("a stranger's workflow of another name that owns our webhook path is left alone", async () => {
  const { control } = stack.sandbox;
  const clientId = newClientId();
  const strangerId = await control.createForeign('n8n.workflow', 'Somebody else', {
    active: true,
    path: namesOf(clientId).webhookPath,
  });
  const before = control.objects();
  const { id } = await stack.provision({ clientId });
  const done = await stack.waitUntilDone(id);
  expect(done).toMatchObject({
    failure: { step: 'n8n-webhooks', code: 'name-taken' },
    rollback: { status: 'completed' },
  });
  expect(done.failure?.message).toContain(
    `${strangerId} has the webhook path "${namesOf(clientId).webhookPath}" (${stack.environment['N8N_HOST']}/workflow/${strangerId})`,
  );
  expect(control.objects()).toEqual(before);
});

test('a stranger that takes the name between our look and our call survives', async () => {
  const { control } = stack.sandbox;
  const clientId = newClientId();
  await control.createForeign('github.repository', namesOf(clientId).repository);
  // The look before the first call does not see it; the refusal that follows does.
  control.addFault({ provider: 'github', operation: 'getRepository', mode: 'not-found', times: 1 });
  const before = control.objects();
  const { id } = await stack.provision({ clientId });
  expect(await stack.waitUntilDone(id)).toMatchObject({
    failure: { step: 'github-repo', code: 'name-taken' },
    rollback: { status: 'completed' },
  });
  expect(control.objects()).toEqual(before);
});

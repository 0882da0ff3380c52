import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startStack, type Stack } from '../helpers/stack.ts';

const creates = [
  { provider: 'supabase', operation: 'createProject', kind: 'supabase.project' },
  { provider: 'github', operation: 'generateRepository', kind: 'github.repository' },
  { provider: 'vercel', operation: 'createVercelProject', kind: 'vercel.project' },
  { provider: 'vercel', operation: 'createDeployment', kind: 'vercel.deployment' },
  { provider: 'n8n', operation: 'createWorkflow', kind: 'n8n.workflow' },
] as const;

/** Ways in which an answer gets lost, before and after the provider has acted. */
const losses = [
  'drop-after',
  'drop-before',
  'error-after',
  'error-before',
  'garbage',
  'hang-after',
  'hang-before',
] as const;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    backend: 'redis',
    environment: { PROVIDER_TIMEOUT_MS: '800', SETTLE_MS: '400' },
  });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

test.each(losses)(
  'every create whose answer is lost (%s) leaves exactly one object, and the provisioning succeeds',
  async (mode) => {
    const { control } = stack.sandbox;
    for (const { provider, operation } of creates) control.addFault({ provider, operation, mode });
    const { id } = await stack.provision();

    const done = await stack.waitUntilDone(id);

    expect(control.faults().map(({ operation, fired }) => `${operation} ${fired}`)).toEqual(
      creates.map(({ operation }) => `${operation} 1`),
    );
    expect(done).toMatchObject({ status: 'succeeded', failure: null });
    for (const { kind } of creates)
      expect(control.objects().filter((object) => object.kind === kind)).toHaveLength(1);
    for (const resource of done.resources)
      expect(control.objects().map(({ id: externalId }) => externalId)).toContain(resource.externalId);
  },
);

test('a lost answer behind a lagging list is waited for, and nothing is made twice', async () => {
  const { control } = stack.sandbox;
  control.setReadLag('n8n', 250);
  control.setReadLag('github', 250);
  for (const { provider, operation } of creates)
    control.addFault({ provider, operation, mode: 'drop-after' });
  const { id } = await stack.provision();
  const done = await stack.waitUntilDone(id);
  expect(done).toMatchObject({ status: 'succeeded' });
  for (const { operation } of creates)
    expect(
      control.journal().filter((entry) => entry.operation === operation && entry.effect === 'created'),
    ).toHaveLength(1);
});

test('a create in doubt when the step fails is resolved and undone', async () => {
  const { control } = stack.sandbox;
  control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode: 'drop-after' });
  control.addFault({
    provider: 'n8n',
    operation: 'listWorkflows',
    mode: 'error-before',
    skip: 1,
    times: 4,
  });
  const { id } = await stack.provision();
  const done = await stack.waitUntilDone(id);
  expect(done).toMatchObject({
    status: 'failed',
    failure: { step: 'n8n-webhooks', code: 'provider-unavailable' },
    rollback: { status: 'completed' },
  });
  expect(control.objects()).toEqual([]);
});

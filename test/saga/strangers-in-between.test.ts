/** Somebody else makes an object of our name at the worst moment. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { namesOf } from '../helpers/names.ts';
import { newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';

const creates = [
  { provider: 'supabase', operation: 'createProject', kind: 'supabase.project', name: 'supabaseProject' },
  { provider: 'github', operation: 'generateRepository', kind: 'github.repository', name: 'repository' },
  { provider: 'vercel', operation: 'createVercelProject', kind: 'vercel.project', name: 'vercelProject' },
  { provider: 'n8n', operation: 'createWorkflow', kind: 'n8n.workflow', name: 'workflow' },
] as const;

describe.each(['postgres', 'http'])('with the schema over %s', (transport) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({
      backend: 'redis',
      environment: { SCHEMA_TRANSPORT: transport, SETTLE_MS: '600' },
    });
  });
  beforeEach(() => stack.sandbox.control.reset());
  afterAll(() => stack?.stop());

  test.each(creates)(
    "a stranger's $kind made while our create was refused for its rate is not taken for ours",
    async ({ provider, operation, kind, name }) => {
      const { control } = stack.sandbox;
      const clientId = newClientId();
      control.addFault({ provider, operation, mode: 'rate-limit', retryAfterSeconds: 1 });
      const { id } = await stack.provision({ clientId });
      await until(() => control.faults()[0]?.fired === 1 || undefined, 'the create to be refused');
      const strangerId = await control.createForeign(kind, namesOf(clientId)[name]);

      expect(await stack.waitUntilDone(id)).toMatchObject({
        failure: { code: 'name-taken' },
        rollback: { status: 'completed' },
      });
      expect(control.objects().map((object) => object.id)).toEqual([strangerId]);
      expect(
        control.journal().filter(({ objectId, effect }) => objectId === strangerId && effect !== 'none'),
      ).toEqual([]);
    },
  );
});

describe('while the answer of our create is lost', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend: 'redis', environment: { SETTLE_MS: '1500' } });
  });
  beforeEach(() => stack.sandbox.control.reset());
  afterAll(() => stack?.stop());

  test("a stranger's workflow of our name, seen before ours is, does not make ours an orphan", async () => {
    const { control } = stack.sandbox;
    const clientId = newClientId();
    control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode: 'drop-after' });
    // The list does not show ours yet. The stranger's is old enough to be seen.
    control.addFault({ provider: 'n8n', operation: 'listWorkflows', mode: 'stale-read', skip: 1, times: 2 });
    const { id } = await stack.provision({ clientId });
    await until(() => control.faults()[0]?.fired === 1 || undefined, 'the answer to be lost');
    const strangerId = await control.createForeign('n8n.workflow', namesOf(clientId).workflow, {
      createdAt: new Date(Date.now() - 3_600_000).toISOString(),
    });

    await stack.waitUntilDone(id);

    const left = control.objects().filter(({ kind }) => kind === 'n8n.workflow');
    const listed = (await stack.show(id)).resources;
    for (const workflow of left.filter((object) => object.id !== strangerId))
      expect(listed).toContainEqual(expect.objectContaining({ externalId: workflow.id, state: 'live' }));
    expect(left.map((object) => object.id)).toContain(strangerId);
  });

  test.each(['succeeds', 'fails'])(
    'a create that is seen only after it was sent again leaves one object when the step then %s',
    async (end) => {
      const { control } = stack.sandbox;
      control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode: 'drop-after' });
      // So that the first one shows up while the second is under way.
      control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode: 'latency', delayMs: 500 });
      if (end === 'fails')
        control.addFault({ provider: 'n8n', operation: 'publishWorkflow', mode: 'refuse', times: -1 });
      // Invisible for longer than the doubt lasts.
      control.setReadLag('n8n', 60_000);
      const { id } = await stack.provision();
      await until(() => control.faults()[1]?.fired === 1 || undefined, 'the second create');
      control.setReadLag('n8n', 0);
      const done = await stack.waitUntilDone(id);
      const left = control.objects().filter(({ kind }) => kind === 'n8n.workflow');
      const live = done.resources.filter(({ kind, state }) => kind === 'n8n.workflow' && state === 'live');
      expect(done.status).toBe(end === 'succeeds' ? 'succeeded' : 'failed');
      expect(left.map((object) => object.id)).toEqual(live.map(({ externalId }) => externalId));
      expect(left).toHaveLength(end === 'succeeds' ? 1 : 0);
    },
  );
});

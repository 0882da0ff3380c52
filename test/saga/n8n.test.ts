/** n8n as people really have it: odd workflows of others, and webhooks that get lost. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { namesOf } from '../helpers/names.ts';
import { newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { textLike, textWith } from '../sandbox/matchers.ts';
import { post } from '../server/support.ts';

let stack: Stack;
beforeAll(async () => {
  // A workflow that is published for longer than that and is not served counts as lost.
  const environment = { PROVIDER_TIMEOUT_MS: '3000', READY_TIMEOUT_MS: '9000' };
  stack = await startStack({ backend: 'redis', environment });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

const workflows = () => stack.sandbox.control.objects().filter(({ kind }) => kind === 'n8n.workflow');
const calls = (operation: string) =>
  stack.sandbox.control.journal().filter((entry) => entry.operation === operation);
const webhook = (parameters: unknown, id: unknown) => ({ id, type: 'n8n-nodes-base.webhook', parameters });

test.each<[string, Record<string, unknown>]>([
  ['null for its nodes', { nodes: null }],
  ['no nodes', { nodes: undefined }],
  ['nodes that are none', { nodes: [null, 'node', 7, webhook(null, 7), webhook({ path: 7 }, null)] }],
  ['odd dates and flags', { createdAt: 'yesterday', active: null, isArchived: 'no', activeVersion: 'none' }],
  ['a numeric id and no name', { id: 7, name: null }],
])(
  "a stranger's workflow with %s keeps no client from being served, nor from being undone",
  async (...one) => {
    const { control } = stack.sandbox;
    const strangerId = await control.createForeign('n8n.workflow', 'Imported', { shown: one[1] });
    const { id, clientId } = await stack.provision();
    expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });

    await post(stack, { confirm: clientId }, { path: `/api/provisioning/${id}/rollback` });
    await until(async () => (await stack.show(id)).rollback.status === 'completed' || undefined, 'its undo');
    expect(workflows().map((left) => left.id)).toEqual([strangerId]);
  },
);

describe('a webhook that stays unregistered is published anew', () => {
  /** Calls of a run that publish, and that unpublish: an undo has words of its own for that. */
  const published = () => [calls('publishWorkflow'), calls('deactivateWorkflow')].map(({ length }) => length);

  test('and is served then', async () => {
    stack.sandbox.control.setN8nLostRegistrations(1);
    const { id } = await stack.provision();
    expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
    expect(published()).toEqual([2, 1]);
    expect(workflows()).toMatchObject([{ details: { active: true, registered: true } }]);
  });

  test('once: where that does not help, the step gives up and says so', async () => {
    stack.sandbox.control.setN8nLostRegistrations(1000);
    const { id } = await stack.provision();
    const done = await stack.waitUntilDone(id);
    expect(done).toMatchObject({ status: 'failed', rollback: { status: 'completed' } });
    expect(done.failure).toMatchObject({
      step: 'n8n-webhooks',
      code: 'not-ready-in-time',
      message: textLike(/as published and does not serve its webhook .* after it was published anew/),
      whatToDo: textWith("n8n's log"),
    });
    expect(published()).toEqual([2, 1]);
    expect(workflows()).toEqual([]);
  });
});

test('the probe of the webhook keeps the Retry-After that it is answered', async () => {
  const { control } = stack.sandbox;
  control.addFault({ provider: 'n8n', operation: 'probeWebhook', mode: 'rate-limit', retryAfterSeconds: 2 });
  const { id } = await stack.provision();
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  const [first, second] = calls('probeWebhook').map(({ receivedAt }) => Date.parse(receivedAt));
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(2000);
});

test("the probe runs nothing of a stranger's that takes GET at our path", async () => {
  const { control } = stack.sandbox;
  const clientId = newClientId();
  control.addFault({ provider: 'n8n', operation: 'publishWorkflow', mode: 'latency', delayMs: 1500 });
  const { id } = await stack.provision({ clientId });
  await until(() => control.faults()[0]?.fired === 1 || undefined, 'our publication');
  const strangerId = await control.createForeign('n8n.workflow', 'Somebody else', {
    active: true,
    path: namesOf(clientId).webhookPath,
    httpMethod: 'GET',
  });

  const done = await stack.waitUntilDone(id);
  expect(done).toMatchObject({ failure: { code: 'name-taken' }, rollback: { status: 'completed' } });
  expect(done.failure?.message).toContain(strangerId);
  expect(done.resources).toContainEqual(
    expect.objectContaining({ externalId: strangerId, origin: 'foreign', kind: 'n8n.workflow' }),
  );
  expect(workflows()).toMatchObject([{ id: strangerId, details: { executions: 0 } }]);
});

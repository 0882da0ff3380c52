/** Workflows that weigh megabytes: those of others, and a client's own. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { namesOf } from '../helpers/names.ts';
import { newClientId, startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { post } from '../server/support.ts';

let stack: Stack;
beforeAll(async () => {
  // A workflow that large takes its time to be written and read.
  stack = await startStack({ backend: 'redis', environment: { PROVIDER_TIMEOUT_MS: '20000' } });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(() => stack?.stop());

const workflows = () => stack.sandbox.control.objects().filter(({ kind }) => kind === 'n8n.workflow');
const untilDone = (id: string) =>
  until(
    async () => {
      const shown = await stack.show(id);
      return shown.done ? shown : undefined;
    },
    'it to be done',
    100_000,
  );
const untilUndone = (id: string) =>
  until(async () => (await stack.show(id)).rollback.status === 'completed' || undefined, 'its undo', 100_000);
const askN8n = (method: string, path: string, body?: unknown) =>
  fetch(`${stack.environment['N8N_HOST']}/api/v1${path}`, {
    method,
    headers: { 'x-n8n-api-key': stack.environment['N8N_API_KEY'] ?? '', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

test('strangers with megabytes in each of thousands of rows are read in pages that fit', async () => {
  const { control } = stack.sandbox;
  for (let count = 0; count < 260; count += 1) await control.createForeign('n8n.workflow', `small ${count}`);
  for (let count = 0; count < 3; count += 1)
    await control.createForeign('n8n.workflow', `large ${count}`, {
      shown: { staticData: 'x'.repeat(3_500_000) },
    });
  const clientId = newClientId();
  // The last in the order of ids may be anywhere.
  const strangerId = await control.createForeign('n8n.workflow', 'Somebody else', {
    path: namesOf(clientId).webhookPath,
    shown: { staticData: 'x'.repeat(9_000_000) },
  });

  const { id } = await stack.provision({ clientId });
  const done = await untilDone(id);
  expect(done).toMatchObject({ failure: { code: 'name-taken' }, rollback: { status: 'completed' } });
  expect(done.failure?.message).toContain(strangerId);
}, 200_000);

test("a client's own workflow that has grown to 16 MB is offboarded", async () => {
  const { id, clientId } = await stack.provision();
  const { result } = await untilDone(id);
  const workflowId = result['n8nWorkflowId'];
  const read = (await (await askN8n('GET', `/workflows/${workflowId}`)).json()) as {
    nodes: object[];
    connections: object;
    name: string;
  };
  const nodes = read.nodes.map((node, index) =>
    index === 1 ? { ...node, notes: 'x'.repeat(15_500_000) } : node,
  );
  const grown = { name: read.name, nodes, connections: read.connections, settings: {} };
  expect((await askN8n('PUT', `/workflows/${workflowId}`, grown)).status).toBe(200);

  await post(stack, { confirm: clientId }, { path: `/api/provisioning/${id}/rollback` });
  await untilUndone(id);
  expect(workflows()).toEqual([]);
}, 200_000);

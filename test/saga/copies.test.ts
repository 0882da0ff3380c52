/** Objects that look like ours and are not, and objects that are ours whatever they look like, once a call was in doubt. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { namesOf } from '../helpers/names.ts';
import { startN8nProxy, type N8nProxy } from '../helpers/n8n-proxy.ts';
import { startStack, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { post } from '../server/support.ts';

let proxy: N8nProxy;
let stack: Stack;
beforeAll(async () => {
  proxy = await startN8nProxy({ target: () => stack.sandbox.urls.n8n });
  stack = await startStack({ backend: 'redis', environment: { SETTLE_MS: '600', N8N_HOST: proxy.url } });
});
beforeEach(() => stack.sandbox.control.reset());
afterAll(async () => {
  await stack?.stop();
  await proxy?.stop();
});

const ask = (variable: string, path: string, init: RequestInit) =>
  fetch(`${stack.environment[variable]}${path}`, init);
const askN8n = async (method: string, path: string, body?: unknown) => {
  const headers = {
    'x-n8n-api-key': stack.environment['N8N_API_KEY'] ?? '',
    'content-type': 'application/json',
  };
  const response = await ask('N8N_HOST', `/api/v1${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as { id: string; name: string; nodes: object[]; connections: object };
};
const offboard = async (id: string, clientId: string) => {
  expect(
    (await post(stack, { confirm: clientId }, { path: `/api/provisioning/${id}/rollback` })).status,
  ).toBe(202);
  return until(async () => {
    const shown = await stack.show(id);
    return ['completed', 'incomplete'].includes(shown.rollback.status) ? shown : undefined;
  }, 'the client to be offboarded');
};
/** As if it had all been that long ago. */
const letPass = (minutes: number) =>
  stack.pool.query(
    `update ledger.effects set created_at = created_at - $1 * interval '1 minute',
       absent_at = absent_at - $1 * interval '1 minute', called_at = called_at - $1 * interval '1 minute'`,
    [minutes],
  );

/** As a script does that keeps a second one: read it and send what was read, by the API. */
async function copyWorkflow(id: string, name?: string) {
  const { nodes, connections, ...original } = await askN8n('GET', `/workflows/${id}`);
  return askN8n('POST', '/workflows', { name: name ?? original.name, nodes, connections, settings: {} });
}

describe.each([
  ['a name of its own', 'Client copy'],
  ['the name of ours', undefined],
])('a copy of our workflow that somebody has made by the API, under %s,', (_name, copyName) => {
  test.each([
    ['within minutes', 0],
    ['later', 11],
  ])('%s, is theirs and is left alone', async (_when, minutes) => {
    const { control } = stack.sandbox;
    // A call without an answer: from then on an undo looks for what it may have made.
    control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode: 'drop-before' });
    const { id, clientId } = await stack.provision();
    const { result } = await stack.waitUntilDone(id);
    await letPass(minutes);
    const copy = await copyWorkflow(result['n8nWorkflowId'] ?? '', copyName);

    expect(await offboard(id, clientId)).toMatchObject({ rollback: { status: 'completed' } });
    expect(control.objects().map((left) => left.id)).toEqual([copy.id]);
  });

  test('while our call is in doubt, is not taken over in place of ours, nor deleted with it', async () => {
    const { control } = stack.sandbox;
    const ofWorkflows = () => control.objects().filter(({ kind }) => kind === 'n8n.workflow');
    const copied = Promise.withResolvers<{ oursId: string; copyId: string }>();
    proxy.loseAnswer(/^POST \/api\/v1\/workflows$/, async () => {
      const [ours] = ofWorkflows();
      const oursId = ours?.id ?? 'there is none';
      copied.resolve({ oursId, copyId: (await copyWorkflow(oursId, copyName)).id });
    });
    const { id, clientId } = await stack.provision();
    const { oursId, copyId } = await copied.promise;

    const done = await stack.waitUntilDone(id);
    expect(done).toMatchObject({ status: 'succeeded', result: { n8nWorkflowId: oursId } });
    expect(
      ofWorkflows()
        .map((one) => one.id)
        .toSorted(),
    ).toEqual([oursId, copyId].toSorted());
    expect(await offboard(id, clientId)).toMatchObject({ rollback: { status: 'completed' } });
    expect(ofWorkflows().map((one) => one.id)).toEqual([copyId]);
  });
});

test('what a call without an answer makes late is deleted with ours, and a copy beside it is not', async () => {
  const { control } = stack.sandbox;
  control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode: 'drop-before' });
  const { id, clientId } = await stack.provision();
  const { result } = await stack.waitUntilDone(id);
  const firstCall = control.journal().find(({ operation }) => operation === 'createWorkflow');
  const late = await askN8n('POST', '/workflows', firstCall?.requestBody);
  const copy = await copyWorkflow(result['n8nWorkflowId'] ?? '');
  const copyOfLate = await copyWorkflow(late.id);

  expect(await offboard(id, clientId)).toMatchObject({ rollback: { status: 'completed' } });
  const left = control.objects().map((object) => object.id);
  expect(left.toSorted()).toEqual([copy.id, copyOfLate.id].toSorted());
});

test.each([
  ['the late one', 0],
  ['ours', 1],
])('a copy stays where an undo has to begin anew after %s of its two objects', async (_which, skip) => {
  const { control } = stack.sandbox;
  control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode: 'drop-before' });
  const { id, clientId } = await stack.provision();
  const { result } = await stack.waitUntilDone(id);
  const firstCall = control.journal().find(({ operation }) => operation === 'createWorkflow');
  const late = await askN8n('POST', '/workflows', firstCall?.requestBody);
  const copy = await copyWorkflow(result['n8nWorkflowId'] ?? '');
  const copyOfLate = await copyWorkflow(late.id);
  // n8n shows an object no more once it is deleted: then its copy is the oldest of that call.
  control.addFault({ provider: 'n8n', operation: 'deleteWorkflow', mode: 'rate-limit', skip });

  expect(await offboard(id, clientId)).toMatchObject({ rollback: { status: 'completed' } });
  expect(control.faults().map(({ fired }) => fired)).toEqual([1, 1]);
  const left = control.objects().map((object) => object.id);
  expect(left.toSorted()).toEqual([copy.id, copyOfLate.id].toSorted());
});

test("a project with a copy of our project's variables is not deleted with it", async () => {
  const { control } = stack.sandbox;
  control.addFault({ provider: 'vercel', operation: 'createVercelProject', mode: 'drop-before' });
  const { id, clientId } = await stack.provision();
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  await letPass(11);
  const team = `teamId=${stack.environment['VERCEL_TEAM_ID']}`;
  const headers = {
    authorization: `Bearer ${stack.environment['VERCEL_TOKEN']}`,
    'content-type': 'application/json',
  };
  const copied = await ask('VERCEL_API_URL', `/v11/projects?${team}`, {
    method: 'POST',
    headers,
    body: JSON.stringify({
      name: 'staging',
      environmentVariables: [{ key: 'PROVISIONING_ID', value: id, type: 'plain', target: ['production'] }],
    }),
  });
  expect(copied.status).toBe(200);

  expect(await offboard(id, clientId)).toMatchObject({ rollback: { status: 'completed' } });
  expect(control.objects().map(({ name }) => name)).toEqual(['staging']);
});

describe('a copy that is made while our call is in doubt, and much later', () => {
  async function copyInDoubt(mode: 'drop-before' | 'drop-after') {
    const { control } = stack.sandbox;
    control.addFault({ provider: 'n8n', operation: 'createWorkflow', mode });
    const { id, clientId } = await stack.provision();
    await until(() => control.faults()[0]?.fired === 1 || undefined, 'the call without an answer');
    const copyId = await control.createForeign('n8n.workflow', 'Client copy', {
      createdAt: new Date(Date.now() + 11 * 60_000).toISOString(),
      path: namesOf(clientId).webhookPath,
      nodeId: `prov-${id}`,
    });
    return { id, clientId, copyId, done: await stack.waitUntilDone(id) };
  }
  const idsLeft = () => stack.sandbox.control.objects().map((object) => object.id);

  test('is not taken over in place of ours, nor deleted with it', async () => {
    const { id, clientId, copyId, done } = await copyInDoubt('drop-after');
    expect(done.status).toBe('succeeded');
    expect(done.result['n8nWorkflowId']).not.toBe(copyId);
    expect(await offboard(id, clientId)).toMatchObject({ rollback: { status: 'completed' } });
    expect(idsLeft()).toEqual([copyId]);
  });

  test("owns its path as any stranger's does, where ours was not made", async () => {
    const { copyId, done } = await copyInDoubt('drop-before');
    expect(done).toMatchObject({ status: 'failed', failure: { code: 'name-taken' } });
    expect(idsLeft()).toEqual([copyId]);
  });
});

test('what an earlier, forgotten call has made is not taken for what a new call in doubt has', async () => {
  const { control } = stack.sandbox;
  control.addFault({ provider: 'vercel', operation: 'createVercelProject', mode: 'drop-before' });
  const { id, clientId } = await stack.provision();
  const earlierId = await control.createForeign('vercel.project', 'renamed by somebody', {
    createdAt: new Date(Date.now() - 15 * 60_000).toISOString(),
    variables: { PROVISIONING_ID: id },
  });
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  expect(await offboard(id, clientId)).toMatchObject({ rollback: { status: 'completed' } });
  expect(control.objects().map((object) => object.id)).toEqual([earlierId]);
});

test('a project that is recorded is deleted although its database can no longer be asked whose it is', async () => {
  const { control } = stack.sandbox;
  control.addFault({ provider: 'supabase', operation: 'createProject', mode: 'drop-before' });
  const { id, clientId } = await stack.provision();
  expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
  control.addFault({ provider: 'supabase', operation: 'getPoolerConfig', mode: 'error-before', times: -1 });

  expect(await offboard(id, clientId)).toMatchObject({ rollback: { status: 'completed' } });
  expect(control.objects()).toEqual([]);
});

test('a create that came through twice, and of which only the refusal was heard, is in doubt until a look', async () => {
  const { control } = stack.sandbox;
  control.addFault({ provider: 'github', operation: 'generateRepository', mode: 'latency', delayMs: 3000 });
  // The look that follows the refusal fails for good; the one before the call does not.
  control.addFault({ provider: 'github', operation: 'getRepository', mode: 'refuse', status: 401, skip: 1 });
  const { id, clientId } = await stack.provision();
  await until(() => control.faults()[0]?.fired === 1 || undefined, 'the create to be under way');
  const { rows } = await stack.pool.query<{ name: string; mark: string }>(
    `select natural_key as name, mark from ledger.effects where provisioning_id = $1 and name = 'create github.repository'`,
    [id],
  );
  const template = `${stack.environment['GITHUB_ORG']}/${stack.environment['GITHUB_TEMPLATE_REPO']}`;
  const first = await ask('GITHUB_API_URL', `/repos/${template}/generate`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.environment['GITHUB_TOKEN']}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      owner: stack.environment['GITHUB_ORG'],
      name: rows[0]?.name,
      description: `${clientId} [${rows[0]?.mark}]`,
      private: true,
    }),
  });
  expect(first.status).toBe(201);

  expect(await stack.waitUntilDone(id)).toMatchObject({
    status: 'failed',
    failure: { step: 'github-repo', code: 'credentials-rejected' },
    rollback: { status: 'completed' },
  });
  expect(control.objects()).toEqual([]);
});

describe('a Vercel token that has come to see only a part of the team', () => {
  const hide = () => {
    const { control } = stack.sandbox;
    control.setAccounts({ isVercelTokenLimited: true });
    control.addFault({ provider: 'vercel', operation: 'getVercelProject', mode: 'not-found', times: -1 });
  };

  test('proves no deletion: the project stays on the list', async () => {
    const { control } = stack.sandbox;
    const { id, clientId } = await stack.provision();
    expect(await stack.waitUntilDone(id)).toMatchObject({ status: 'succeeded' });
    hide();

    const left = await offboard(id, clientId);
    expect(left.rollback.status).toBe('incomplete');
    expect(left.resources.find(({ kind }) => kind === 'vercel.project')?.state).toBe('delete-failed');
    expect(control.objects().map(({ kind }) => kind)).toContain('vercel.project');
  });

  test('proves no absence: nothing is created', async () => {
    const { control } = stack.sandbox;
    hide();
    const { id } = await stack.provision();

    expect(await stack.waitUntilDone(id)).toMatchObject({
      status: 'failed',
      failure: { step: 'vercel-deployment', code: 'credentials-rejected' },
      rollback: { status: 'completed' },
    });
    expect(control.journal().filter(({ operation }) => operation === 'createVercelProject')).toEqual([]);
  });
});

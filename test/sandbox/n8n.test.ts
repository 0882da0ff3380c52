import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  createWorkflow,
  field,
  openSandbox,
  request,
  until,
  untilStatus,
  workflowOrder,
  type TestSandbox,
} from './support.ts';
import { anyText, textWith } from './matchers.ts';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
afterEach(() => sandbox.control.reset());
afterAll(() => sandbox.stop());

const path = 'client-acme/content';
const create = (name: string, hook = path) => createWorkflow(sandbox, name, hook);
const act = (id: string, verb: string) => sandbox.n8n(`POST /api/v1/workflows/${id}/${verb}`);
const remove = (id: string) => sandbox.n8n(`DELETE /api/v1/workflows/${id}`);
const hook = (method = 'POST', at = path) =>
  request(`${sandbox.urls.n8n}/webhook/${at}`, method, method === 'POST' ? { body: {} } : {});
const page = z.object({
  data: z.array(z.object({ id: z.string(), name: z.string() })),
  nextCursor: z.string().nullable(),
});
const list = async (query = '') => page.parse((await sandbox.n8n(`GET /api/v1/workflows?${query}`)).body);

describe('creating a workflow', () => {
  test('is answered 200 with an inactive one', async () => {
    const reply = await sandbox.n8n('POST /api/v1/workflows', { body: workflowOrder('Client acme', path) });
    expect(reply).toMatchObject({
      status: 200,
      body: { name: 'Client acme', active: false, activeVersionId: null, isArchived: false, triggerCount: 0 },
    });
  });
  test('keeps the ids of nodes, and makes up missing ones', async () => {
    const order = workflowOrder('Client acme', path);
    const [webhook, response] = order.nodes;
    const { webhookId: _webhookId, ...nameless } = { webhookId: undefined, ...webhook };
    const reply = await sandbox.n8n('POST /api/v1/workflows', {
      body: { ...order, nodes: [nameless, response] },
    });
    expect(reply.body).toMatchObject({
      nodes: [{ id: 'webhook', webhookId: anyText }, { id: 'response' }],
    });
  });
  test('of a name that is there already makes a second one', async () => {
    await create('Client acme');
    await create('Client acme');
    expect(sandbox.control.objects()).toHaveLength(2);
  });
  test.each([
    [{ active: true }, 'request/body/active is read-only'],
    [{ tags: [] }, 'request/body/tags is read-only'],
    [{ foo: 1 }, "request/body Unrecognized key(s) in object: 'foo'"],
    [{ settings: undefined }, "request/body must have required property 'settings'"],
    [{ name: '' }, 'Workflow name must be 1 to 128 characters long.'],
    [{ name: 'a'.repeat(129) }, 'Workflow name must be 1 to 128 characters long.'],
  ])('with %j is refused: %s', async (change, message) => {
    const body = { ...workflowOrder('Client acme', path), ...change };
    expect(await sandbox.n8n('POST /api/v1/workflows', { body })).toMatchObject({
      status: 400,
      body: { message },
    });
  });
  test('with a node without position is refused', async () => {
    const order = workflowOrder('Client acme', path);
    const nodes = order.nodes.map(({ position: _position, ...node }) => node);
    expect(await sandbox.n8n('POST /api/v1/workflows', { body: { ...order, nodes } })).toMatchObject({
      status: 400,
    });
  });
  test('with text that is not JSON is 415, with malformed JSON an HTML page of 500', async () => {
    expect(
      await sandbox.n8n('POST /api/v1/workflows', { body: 'x', headers: { 'content-type': 'text/plain' } }),
    ).toMatchObject({ status: 415, body: { message: 'unsupported media type text/plain' } });
    const malformed = await sandbox.n8n('POST /api/v1/workflows', { body: '{"name":' });
    expect(malformed.status).toBe(500);
    expect(malformed.text).toMatch(/^<!DOCTYPE html>/);
  });
});

describe('publishing', () => {
  test('answers active at once, and serves the webhook a moment later', async () => {
    const id = await create('Client acme');
    expect(await hook()).toMatchObject({
      status: 404,
      body: { code: 404, message: `The requested webhook "POST ${path}" is not registered.` },
    });
    sandbox.control.setTiming({ webhookRegisteredAfterMs: 60_000 });
    expect(await act(id, 'publish')).toMatchObject({ status: 200, body: { active: true } });
    expect(await hook()).toMatchObject({ status: 404 });
    sandbox.control.setTiming({ webhookRegisteredAfterMs: 0 });
    expect(await untilStatus(hook, 202)).toMatchObject({ body: { ok: true } });
  });
  test('can be looked for with GET, which tells a missing webhook from one of another method', async () => {
    const id = await create('Client acme');
    expect((await hook('GET')).body).toMatchObject({
      message: `The requested webhook "GET ${path}" is not registered.`,
    });
    await act(id, 'publish');
    const live = await until(
      () => hook('GET'),
      ({ text }) => text.includes('Did you mean'),
    );
    expect(live).toMatchObject({
      status: 404,
      body: {
        message: 'This webhook is not registered for GET requests. Did you mean to make a POST request?',
      },
    });
  });
  test('of a path that another published one has is a conflict', async () => {
    const [first, second] = [await create('one'), await create('two')];
    await act(first, 'publish');
    expect(await act(second, 'publish')).toMatchObject({
      status: 409,
      body: { message: 'There is a conflict with one of the webhooks.' },
    });
    expect((await sandbox.n8n(`GET /api/v1/workflows/${second}`)).body).toMatchObject({ active: false });
  });
  test('of two at the same instant says yes to both, and one stays dead until it is published again', async () => {
    const ids = [await create('one'), await create('two')];
    // However slow this machine is, both look before either has published, and both outcomes are due once answered.
    sandbox.control.setTiming({ publishBlindMs: 1000, webhookRegisteredAfterMs: 0 });
    const replies = await Promise.all(ids.map((id) => act(id, 'publish')));
    expect(replies.map(({ status, body }) => ({ status, body }))).toMatchObject([
      { status: 200, body: { active: true } },
      { status: 200, body: { active: true } },
    ]);
    await untilStatus(hook, 202);
    const registered = () =>
      sandbox.control
        .objects()
        .filter(({ details }) => details.registered === true)
        .map(({ id }) => id);
    await until(registered, (winners) => winners.length === 1);
    const [winner = ''] = registered();
    const loser = ids.find((id) => id !== winner) ?? '';
    sandbox.control.setTiming({ publishBlindMs: 20 });
    await act(winner, 'unpublish');
    await untilStatus(() => remove(winner), 200);
    expect(await hook()).toMatchObject({ status: 404 });
    await act(loser, 'publish');
    await untilStatus(hook, 202);
  });
  test('again is fine, and so is unpublishing twice', async () => {
    const id = await create('Client acme');
    for (const verb of ['publish', 'publish', 'unpublish', 'unpublish']) {
      expect(await act(id, verb)).toMatchObject({ status: 200 });
    }
  });
  test('needs a trigger, and node types that exist', async () => {
    const order = workflowOrder('Client acme', path);
    const withNodes = async (nodes: unknown[]) =>
      field(await sandbox.n8n('POST /api/v1/workflows', { body: { ...order, nodes } }), 'id');
    const [webhook, response] = order.nodes;
    expect(await act(await withNodes([response]), 'publish')).toMatchObject({
      status: 400,
      body: {
        message: textWith('Workflow cannot be activated because it has no trigger node'),
      },
    });
    expect(await act(await withNodes([{ ...webhook, type: 'mystery' }]), 'publish')).toMatchObject({
      status: 400,
      body: { message: 'Unrecognized node type: mystery' },
    });
  });
  test('of an unknown or archived workflow is refused', async () => {
    expect(await act('nothing', 'publish')).toMatchObject({
      status: 404,
      body: { message: textWith('You do not have permission to activate this workflow.') },
    });
    const id = await create('Client acme');
    await act(id, 'archive');
    expect(await act(id, 'publish')).toMatchObject({
      status: 400,
      body: { message: 'Cannot activate an archived workflow.' },
    });
  });
  test('in the older words still works, and is marked as deprecated', async () => {
    const id = await create('Client acme');
    const reply = await act(id, 'activate');
    expect(reply).toMatchObject({ status: 200, body: { active: true } });
    expect(reply.headers.get('deprecation')).toMatch(/^@\d+$/);
    expect(await act(id, 'deactivate')).toMatchObject({ status: 200, body: { active: false } });
  });
  test('is not known to an older server', async () => {
    const old = await openSandbox({ n8n: '1.122' });
    try {
      const id = await createWorkflow(old, 'Client acme', path);
      expect(await old.n8n(`POST /api/v1/workflows/${id}/publish`)).toMatchObject({
        status: 404,
        body: { message: 'not found' },
      });
      expect(await old.n8n(`POST /api/v1/workflows/${id}/activate`)).toMatchObject({ status: 200 });
    } finally {
      await old.stop();
    }
  });
});

describe('deleting a workflow', () => {
  test('is refused while it is published, and for a moment after', async () => {
    const id = await create('Client acme');
    await act(id, 'publish');
    await untilStatus(hook, 202);
    expect(await remove(id)).toMatchObject({
      status: 409,
      body: { message: 'Cannot delete a published workflow. Unpublish it before deleting.' },
    });
    sandbox.control.setTiming({ unpublishedAfterMs: 60_000 });
    await act(id, 'unpublish');
    expect(await remove(id)).toMatchObject({
      status: 409,
      body: { message: 'Workflow is still being unpublished. Please try again in a few moments.' },
    });
    expect(await hook()).toMatchObject({ status: 202 });
    sandbox.control.setTiming({ unpublishedAfterMs: 0 });
    await untilStatus(() => remove(id), 200);
    expect(await hook()).toMatchObject({ status: 404 });
    expect(await remove(id)).toMatchObject({ status: 404, body: { message: 'Not Found' } });
  });
  test('that was never published works at once', async () => {
    const id = await create('Client acme');
    expect(await remove(id)).toMatchObject({ status: 200, body: { id } });
    expect(await sandbox.n8n(`GET /api/v1/workflows/${id}`)).toMatchObject({ status: 404 });
  });
});

describe('the list of workflows', () => {
  test('finds parts of names in any case, and takes % and _ as wildcards', async () => {
    for (const name of ['Client c1', 'xx CLIENT C1 yy', 'Client d1', 'Client 100']) await create(name);
    const names = async (name: string) =>
      (await list(new URLSearchParams({ name }).toString())).data.map((workflow) => workflow.name).toSorted();
    expect(await names('client c1')).toEqual(['Client c1', 'xx CLIENT C1 yy']);
    expect(await names('client _1')).toEqual(['Client c1', 'Client d1', 'xx CLIENT C1 yy']);
    expect(await names('c%0')).toEqual(['Client 100']);
    expect(await names('.')).toEqual([]);
  });
  test('has 100 to a page, at most 250, and a cursor that forgets the name', async () => {
    await Promise.all(
      Array.from({ length: 260 }, (_, index) =>
        sandbox.control.createForeign('n8n.workflow', index < 120 ? `wanted ${index}` : `other ${index}`),
      ),
    );
    expect((await list()).data).toHaveLength(100);
    expect((await list('limit=1000')).data).toHaveLength(250);
    const first = await list('name=wanted');
    expect(first.data).toHaveLength(100);
    const cursor = encodeURIComponent(first.nextCursor ?? '');
    const right = await list(`name=wanted&cursor=${cursor}`);
    expect([...first.data, ...right.data].filter(({ name }) => name.startsWith('wanted'))).toHaveLength(120);
    expect(right.nextCursor).toBeNull();
    expect((await list(`cursor=${cursor}`)).data.some(({ name }) => name.startsWith('other'))).toBe(true);
  });
  test('never ends with a limit of 0', async () => {
    await create('Client acme');
    const all = await list('limit=0');
    expect(all.data).toHaveLength(1);
    expect(all.nextCursor).not.toBeNull();
    expect((await list(`cursor=${all.nextCursor}`)).nextCursor).not.toBeNull();
  });
  test('refuses a cursor or limit that is none', async () => {
    expect(await sandbox.n8n('GET /api/v1/workflows?cursor=xyz')).toMatchObject({
      status: 400,
      body: { message: 'An invalid cursor was provided' },
    });
    expect(await sandbox.n8n('GET /api/v1/workflows?limit=-1')).toMatchObject({ status: 400 });
  });
  test('still has the archived ones', async () => {
    await act(await create('Client acme'), 'archive');
    expect((await sandbox.n8n('GET /api/v1/workflows')).body).toMatchObject({ data: [{ isArchived: true }] });
  });
});

describe('replacing a workflow', () => {
  test('needs the four keys and nothing else', async () => {
    const id = await create('Client acme');
    const read = await sandbox.n8n(`GET /api/v1/workflows/${id}`);
    expect(await sandbox.n8n(`PUT /api/v1/workflows/${id}`, { body: read.body })).toMatchObject({
      status: 400,
      body: { message: 'request/body/id is read-only' },
    });
    expect(
      await sandbox.n8n(`PUT /api/v1/workflows/${id}`, { body: workflowOrder('Client new', path) }),
    ).toMatchObject({ status: 200, body: { name: 'Client new' } });
    expect(await sandbox.n8n(`PATCH /api/v1/workflows/${id}`, { body: {} })).toMatchObject({
      status: 405,
      body: { message: 'PATCH method not allowed' },
    });
  });
});

describe('the webhook', () => {
  test('of a path with slashes around it is served without them, and case matters', async () => {
    await act(await create('Client acme', `/${path}/`), 'publish');
    await untilStatus(hook, 202);
    expect(await hook('POST', path.toUpperCase())).toMatchObject({ status: 404 });
  });
  test('refuses malformed JSON with 422', async () => {
    await act(await create('Client acme'), 'publish');
    await untilStatus(hook, 202);
    expect(await request(`${sandbox.urls.n8n}/webhook/${path}`, 'POST', { body: '{"a":' })).toMatchObject({
      status: 422,
    });
  });
  test('that waits for a respond node which is not there is 500', async () => {
    const order = workflowOrder('Client acme', path);
    const created = await sandbox.n8n('POST /api/v1/workflows', {
      body: { ...order, nodes: order.nodes.slice(0, 1) },
    });
    await act(field(created, 'id'), 'publish');
    expect(await untilStatus(hook, 500)).toMatchObject({
      body: { message: 'No Respond to Webhook node found in the workflow' },
    });
  });
});

describe('a starting server', () => {
  test('answers 200 with a text to everything, then 404 with a page, then properly', async () => {
    sandbox.control.setN8nStarting(60_000);
    const read = () => sandbox.n8n('GET /api/v1/workflows');
    expect(await read()).toMatchObject({ status: 200, text: 'n8n is starting up. Please wait' });
    expect(await hook()).toMatchObject({ status: 200, text: 'n8n is starting up. Please wait' });
    expect(await sandbox.n8n('GET /healthz')).toMatchObject({ status: 200 });
    expect(await sandbox.n8n('GET /healthz/readiness')).toMatchObject({ status: 503 });
    sandbox.control.setN8nStarting(1000);
    const missing = await untilStatus(read, 404);
    expect(missing.text).toContain('Cannot GET /api/v1/workflows');
    expect(await untilStatus(read, 200)).toMatchObject({ body: { data: [] } });
    expect(await sandbox.n8n('GET /healthz/readiness')).toMatchObject({ status: 200 });
  });
});

describe('the key', () => {
  test('is needed, in its own header', async () => {
    const key = sandbox.variable('N8N_API_KEY');
    const read = (headers: Record<string, string>) =>
      request(`${sandbox.urls.n8n}/api/v1/workflows`, 'GET', { headers });
    for (const headers of [{}, { 'x-n8n-api-key': 'wrong' }, { authorization: `Bearer ${key}` }]) {
      expect(await read(headers)).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
    }
  });
  test('says what it may do', async () => {
    expect((await sandbox.n8n('GET /api/v1/discover')).text).toContain('workflow:create');
  });
});

test('a route that is not there is 404 "not found"', async () => {
  expect(await sandbox.n8n('GET /api/v1/nothing')).toMatchObject({
    status: 404,
    body: { message: 'not found' },
  });
});

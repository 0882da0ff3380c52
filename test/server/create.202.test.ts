import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newClientId, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { anyText, textLike } from '../sandbox/matchers.ts';
import { moveTo, order, post, startApi } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startApi();
});
afterAll(() => stack?.stop());

test('an accepted provisioning is answered with its place and everything that is known of it', async () => {
  const clientId = newClientId();
  const response = await post(stack, {
    clientId,
    clientName: 'Acme Ltd',
    orgEmail: 'ops@acme.example',
    tier: 'professional',
    callbackUrl: 'https://hooks.example/x',
    onFailure: 'pause',
  });

  expect(response.status).toBe(202);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  const body = (await response.json()) as ShownProvisioning;
  expect(response.headers.get('location')).toBe(`/api/provisioning/${body.id}`);
  const pending = (name: string) => ({
    name,
    status: 'pending',
    attempts: 0,
    startedAt: null,
    finishedAt: null,
    waitingFor: null,
    waiting: null,
    error: null,
  });
  const time = textLike(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(body).toEqual({
    id: textLike(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    clientId,
    clientName: 'Acme Ltd',
    orgEmail: 'ops@acme.example',
    tier: 'professional',
    onFailure: 'pause',
    status: 'queued',
    rollback: { status: 'none' },
    done: false,
    needsAttention: false,
    state: 'in-progress',
    allowedActions: [{ action: 'cancel', roles: ['operator', 'admin'] }],
    whatToDo: null,
    steps: [
      pending('supabase-project'),
      pending('database-schema'),
      pending('github-repo'),
      pending('vercel-deployment'),
      pending('n8n-webhooks'),
    ],
    resources: [],
    result: {},
    warnings: [],
    failure: null,
    createdAt: time,
    updatedAt: time,
    finishedAt: null,
    links: {
      self: `${stack.server.url}/api/provisioning/${body.id}`,
      events: `${stack.server.url}/api/provisioning/${body.id}/events`,
      dashboard: `${stack.server.url}/clients/${clientId}?run=${body.id}`,
    },
  });
});

test('what is answered is in the ledger, and the place in Location shows the same', async () => {
  const response = await post(stack, order());
  const accepted: unknown = await response.json();

  const shown = await stack.call(response.headers.get('location') ?? '');

  expect(shown.status).toBe(200);
  expect(await shown.json()).toEqual(accepted);
});

test('what is left out is a rollback on failure, and no callback', async () => {
  const body = (await (await post(stack, order())).json()) as ShownProvisioning;

  expect(body).toMatchObject({ onFailure: 'rollback' });
  expect(await callbackUrlOf(body.id)).toBeNull();
});

/** As the ledger has it. It is shown to nobody: such URLs may carry a token of the receiver's. */
async function callbackUrlOf(id: string): Promise<string | null | undefined> {
  const { rows } = await stack.pool.query<{ callback_url: string | null }>(
    'select callback_url from ledger.provisionings where id = $1',
    [id],
  );
  return rows[0]?.callback_url;
}

test.each([
  ['with port, path and query', 'https://hooks.example:8443/a/b?c=d'],
  ['to a public address', 'https://1.1.1.1/x'],
  ['to an allowed host without https', 'http://127.0.0.1:9/x'],
])('a callback %s is accepted, kept as it was sent, and shown to nobody', async (_name, callbackUrl) => {
  const response = await post(stack, order({ callbackUrl }));
  const text = await response.text();

  expect(response.status).toBe(202);
  expect(text).not.toContain('callbackUrl');
  expect(await callbackUrlOf((JSON.parse(text) as ShownProvisioning).id)).toBe(callbackUrl);
});

describe('everything up to its limit is accepted', () => {
  test.each<[string, Record<string, unknown>]>([
    ['a client id of one character', { clientId: 'a' }],
    ['a client id of fifty characters', { clientId: `a${'-b'.repeat(24)}c` }],
    ['a client id of digits', { clientId: '2026' }],
    ['a name of one hundred characters', { clientName: 'x'.repeat(100) }],
    ['a name of one hundred characters beyond the first 65536', { clientName: '🏔'.repeat(100) }],
    ['a name in any script, with quotes and markup', { clientName: 'Łódź & Söhne "東京" <b>الشركة</b>' }],
    [
      'an email of 254 characters',
      { orgEmail: `${'a'.repeat(60)}@${`${'b'.repeat(60)}.`.repeat(3)}example.co` },
    ],
    ['an email with a plus', { orgEmail: 'ops+clients@acme.example' }],
    ['tier enterprise', { tier: 'enterprise' }],
  ])('%s', async (_name, fields) => {
    const response = await post(stack, order(fields));

    expect(await response.json()).toMatchObject(fields);
    expect(response.status).toBe(202);
  });

  test('a body of 64 KiB', async () => {
    const text = JSON.stringify(order());

    expect((await post(stack, text.padEnd(64 * 1024))).status).toBe(202);
  });
});

test('a content type with a charset is JSON too', async () => {
  const response = await post(stack, order(), {
    headers: { 'content-type': 'Application/JSON; charset=utf-8' },
  });

  expect(response.status).toBe(202);
});

test('a client is free again once its rollback is completed', async () => {
  const clientId = newClientId();
  const first = await stack.provision({ clientId });
  await moveTo(stack, first.id, ['failed', 'pending'], ['failed', 'running'], ['failed', 'completed']);

  const second = await post(stack, order({ clientId }));

  expect(second.status).toBe(202);
  expect(await second.json()).toMatchObject({ clientId, id: anyText });
  expect(await stack.show(first.id)).toMatchObject({
    status: 'failed',
    rollback: { status: 'completed' },
    done: true,
  });
});

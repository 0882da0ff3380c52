import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stack } from '../helpers/stack.ts';
import { countRows, order, problemOf, startApi, unknownId } from './support.ts';

let stack: Stack;
let id: string;
beforeAll(async () => {
  stack = await startApi();
  ({ id } = await stack.provision());
});
afterAll(() => stack?.stop());

type HeadersFor = (key: string) => Record<string, string>;

const withoutToken: readonly [string, HeadersFor][] = [
  ['no key', () => ({})],
  ['an empty header', () => ({ authorization: '' })],
  ['Bearer and nothing', () => ({ authorization: 'Bearer' })],
  ['the key twice', (key) => ({ authorization: `Bearer ${key} ${key}` })],
  ['the key without a scheme', (key) => ({ authorization: key })],
  ['the key by another scheme', (key) => ({ authorization: `Token ${key}` })],
  [
    'the key as a password',
    (key) => ({ authorization: `Basic ${Buffer.from(`admin:${key}`).toString('base64')}` }),
  ],
  ['the key in a header of its own', (key) => ({ 'x-api-key': key })],
  ['the key in a cookie', (key) => ({ cookie: `client-provisioner-session=${key}` })],
];

const wrongTokens: readonly [string, HeadersFor][] = [
  ['another key', () => ({ authorization: `Bearer ${'x'.repeat(64)}` })],
  ['the key and one character more', (key) => ({ authorization: `Bearer ${key}x` })],
  ['the key but its last character', (key) => ({ authorization: `Bearer ${key.slice(0, -1)}` })],
  ['the key in upper case', (key) => ({ authorization: `Bearer ${key.toUpperCase()}` })],
  ['the key in quotes', (key) => ({ authorization: `Bearer "${key}"` })],
  [
    'a token that nobody signed',
    () => ({ authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ.' }),
  ],
  ['a key that was never made', () => ({ authorization: `Bearer cpk_0123456789ab_${'A'.repeat(43)}` })],
];

/** Asks for everything there is: the different answers, and how many provisionings were accepted. */
async function askForEverything(api: Stack, headersFor: HeadersFor) {
  const headers = headersFor(api.environment['ADMIN_API_KEY'] ?? '');
  const before = await countRows(api);
  const json = { ...headers, 'content-type': 'application/json' };
  const create = (body: string) =>
    api.call('/api/provisioning', { key: '', method: 'POST', headers: json, body });
  const responses = await Promise.all([
    create(JSON.stringify(order())),
    create('{'),
    ...[
      '/api/provisioning',
      '/api/provisioning?nonsense=1',
      `/api/provisioning/${id}`,
      `/API/Provisioning/${id}/`,
      `/api/provisioning/${unknownId}`,
      '/metrics',
      '/',
      '/nothing/here',
      '//api/provisioning',
      '/admin/queues',
      '/admin/queues/api/queues',
    ].map((path) => api.call(path, { key: '', headers })),
    api.call(`/api/provisioning/${id}`, { key: '', method: 'DELETE', headers }),
  ]);

  const problems = await Promise.all(responses.map(problemOf));
  return {
    statuses: [...new Set(responses.map(({ status }) => status))],
    schemes: [...new Set(responses.map((response) => response.headers.get('www-authenticate')))],
    codes: [...new Set(problems.map(({ code }) => code))],
    accepted: (await countRows(api)) - before,
  };
}

const nothing = { statuses: [401], schemes: ['Bearer'], codes: ['unauthorized'], accepted: 0 };

describe('401 on every protected path with', () => {
  test.each(withoutToken)('%s', async (_name, headersFor) => {
    expect(await askForEverything(stack, headersFor)).toEqual(nothing);
  });

  // An API of its own for each: what is wrong thirty times is not looked at any more.
  test.each(wrongTokens)('%s', async (_name, headersFor) => {
    const api = await startApi();
    try {
      expect(await askForEverything(api, headersFor)).toEqual(nothing);
    } finally {
      await api.stop();
    }
  });

  test('the key as a query parameter', async () => {
    const response = await stack.call(`/api/provisioning?key=${stack.environment['ADMIN_API_KEY']}`, {
      key: '',
    });

    expect(response.status).toBe(401);
  });
});

test('every reason has the same answer, but for the request id', async () => {
  const tokens = ['', 'x', `cpk_0123456789ab_${'A'.repeat(43)}`, 'a.b.c'];
  const problems = await Promise.all(
    tokens.map(async (key) => problemOf(await stack.call('/api/provisioning', { key }))),
  );

  const [first, ...others] = problems.map(({ requestId: _requestId, ...same }) => same);
  for (const other of others) expect(other).toEqual(first);
});

test('the scheme is Bearer in any case, as the standard has it', async () => {
  const authorization = `bEARER ${stack.environment['ADMIN_API_KEY']}`;
  const response = await stack.call('/api/provisioning', { key: '', headers: { authorization } });

  expect(response.status).toBe(200);
});

test('neither a wrong key nor the right one is logged', async () => {
  await stack.call('/api/provisioning', { key: 'wrong-key-that-must-not-be-logged' });
  await stack.call('/api/provisioning');

  const log = stack.logLines.join('');
  expect(log).not.toContain('wrong-key-that-must-not-be-logged');
  expect(log).not.toContain(stack.environment['ADMIN_API_KEY']);
});

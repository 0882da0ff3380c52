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

const wrongAuthorizations: readonly [string, (key: string) => Record<string, string>][] = [
  ['no key', () => ({})],
  ['an empty header', () => ({ authorization: '' })],
  ['Bearer and nothing', () => ({ authorization: 'Bearer' })],
  ['another key', () => ({ authorization: `Bearer ${'x'.repeat(64)}` })],
  ['the key and one character more', (key) => ({ authorization: `Bearer ${key}x` })],
  ['the key but its last character', (key) => ({ authorization: `Bearer ${key.slice(0, -1)}` })],
  ['the key in upper case', (key) => ({ authorization: `Bearer ${key.toUpperCase()}` })],
  ['the key twice', (key) => ({ authorization: `Bearer ${key} ${key}` })],
  ['the key in quotes', (key) => ({ authorization: `Bearer "${key}"` })],
  ['the key without a scheme', (key) => ({ authorization: key })],
  ['the key by another scheme', (key) => ({ authorization: `Token ${key}` })],
  [
    'the key as a password',
    (key) => ({ authorization: `Basic ${Buffer.from(`admin:${key}`).toString('base64')}` }),
  ],
  ['the key in a header of its own', (key) => ({ 'x-api-key': key })],
  ['the key in a cookie', (key) => ({ cookie: `client-provisioner-dashboard=${key}` })],
  [
    'a token that nobody signed',
    () => ({ authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ.' }),
  ],
];

describe('401 on every protected path with', () => {
  test.each(wrongAuthorizations)('%s', async (_name, headersFor) => {
    const headers = headersFor(stack.environment['ADMIN_API_KEY'] ?? '');
    const before = await countRows(stack);
    const json = { ...headers, 'content-type': 'application/json' };
    const responses = await Promise.all([
      stack.call('/api/provisioning', {
        key: '',
        method: 'POST',
        headers: json,
        body: JSON.stringify(order()),
      }),
      stack.call('/api/provisioning', { key: '', method: 'POST', headers: json, body: '{' }),
      stack.call('/api/provisioning', { key: '', headers }),
      stack.call('/api/provisioning?nonsense=1', { key: '', headers }),
      stack.call(`/api/provisioning/${id}`, { key: '', headers }),
      stack.call(`/API/Provisioning/${id}/`, { key: '', headers }),
      stack.call(`/api/provisioning/${unknownId}`, { key: '', headers }),
      stack.call(`/api/provisioning/${id}`, { key: '', method: 'DELETE', headers }),
      stack.call('/metrics', { key: '', headers }),
      stack.call('/', { key: '', headers }),
      stack.call('/nothing/here', { key: '', headers }),
      stack.call('//api/provisioning', { key: '', headers }),
      stack.call('/admin/queues', { key: '', headers }),
      stack.call('/admin/queues/api/queues', { key: '', headers }),
    ]);

    expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 401));
    for (const problem of await Promise.all(responses.map(problemOf)))
      expect(problem.code).toBe('unauthorized');
    expect(await countRows(stack)).toBe(before);
  });

  test('the key as a query parameter', async () => {
    const response = await stack.call(`/api/provisioning?key=${stack.environment['ADMIN_API_KEY']}`, {
      key: '',
    });

    expect(response.status).toBe(401);
  });
});

test('a 401 says how to sign in', async () => {
  const response = await stack.call('/api/provisioning', { key: '' });

  expect(response.headers.get('www-authenticate')).toBe('Bearer');
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

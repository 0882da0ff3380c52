import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stack } from '../helpers/stack.ts';
import { countRows, order, post, problemOf, startApi } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startApi({ CALLBACK_ALLOWED_HOSTS: 'hooks.internal:8443' });
});
afterAll(() => stack?.stop());

/** What is wrong with a field, by what is sent for it. */
const badFields: readonly [name: string, pointer: string, fields: Record<string, unknown>][] = [
  ['a missing clientId', '/clientId', { clientId: undefined }],
  ['clientId null', '/clientId', { clientId: null }],
  ['a number as clientId', '/clientId', { clientId: 7 }],
  ['a list as clientId', '/clientId', { clientId: ['acme'] }],
  ['an empty clientId', '/clientId', { clientId: '' }],
  ['a clientId of 51 characters', '/clientId', { clientId: 'a'.repeat(51) }],
  ['an upper-case clientId', '/clientId', { clientId: 'Acme' }],
  ['an underscore in clientId', '/clientId', { clientId: 'acme_ltd' }],
  ['a double hyphen in clientId', '/clientId', { clientId: 'acme--ltd' }],
  ['a hyphen before clientId', '/clientId', { clientId: '-acme' }],
  ['a hyphen after clientId', '/clientId', { clientId: 'acme-' }],
  ['a space in clientId', '/clientId', { clientId: 'acme ltd' }],
  ['a line break after clientId', '/clientId', { clientId: 'acme\n' }],
  ['a path as clientId', '/clientId', { clientId: '../acme' }],
  ['a letter beyond ASCII in clientId', '/clientId', { clientId: 'äcme' }],
  ['a missing clientName', '/clientName', { clientName: undefined }],
  ['clientName null', '/clientName', { clientName: null }],
  ['an object as clientName', '/clientName', { clientName: { first: 'Acme' } }],
  ['an empty clientName', '/clientName', { clientName: '' }],
  ['a blank clientName', '/clientName', { clientName: ' \u00a0\u3000 ' }],
  ['a clientName of 101 characters', '/clientName', { clientName: 'x'.repeat(101) }],
  ['a line break in clientName', '/clientName', { clientName: 'Acme\nLtd' }],
  ['a NUL in clientName', '/clientName', { clientName: 'Acme\u0000' }],
  ['a control character of Latin-1 in clientName', '/clientName', { clientName: 'Acme\u0085' }],
  ['a line separator in clientName', '/clientName', { clientName: 'Acme\u2028Ltd' }],
  ['a turn of direction in clientName', '/clientName', { clientName: 'Acme \u202elive' }],
  ['an isolate in clientName', '/clientName', { clientName: 'Acme \u2066Ltd' }],
  ['half a character in clientName', '/clientName', { clientName: 'Acme \ud83c' }],
  ['a missing orgEmail', '/orgEmail', { orgEmail: undefined }],
  ['orgEmail null', '/orgEmail', { orgEmail: null }],
  ['a boolean as orgEmail', '/orgEmail', { orgEmail: true }],
  ['an orgEmail without @', '/orgEmail', { orgEmail: 'acme.example' }],
  ['an orgEmail with a name', '/orgEmail', { orgEmail: 'Acme <ops@acme.example>' }],
  ['two emails', '/orgEmail', { orgEmail: 'ops@acme.example,dev@acme.example' }],
  [
    'an orgEmail of 255 characters',
    '/orgEmail',
    { orgEmail: `${'a'.repeat(60)}@${`${'b'.repeat(60)}.`.repeat(3)}example.info`.padEnd(255, 'o') },
  ],
  ['a missing tier', '/tier', { tier: undefined }],
  ['tier null', '/tier', { tier: null }],
  ['an unknown tier', '/tier', { tier: 'gold' }],
  ['a tier in upper case', '/tier', { tier: 'Starter' }],
  ['an unknown onFailure', '/onFailure', { onFailure: 'ignore' }],
  ['onFailure null', '/onFailure', { onFailure: null }],
  ['callbackUrl null', '/callbackUrl', { callbackUrl: null }],
  ['a number as callbackUrl', '/callbackUrl', { callbackUrl: 1 }],
  ['an empty callbackUrl', '/callbackUrl', { callbackUrl: '' }],
  ['a path as callbackUrl', '/callbackUrl', { callbackUrl: '/hooks' }],
  ['a callbackUrl without https', '/callbackUrl', { callbackUrl: 'http://hooks.example/x' }],
  ['another port of an allowed host', '/callbackUrl', { callbackUrl: 'https://hooks.internal:8444/x' }],
  ['a callbackUrl to a file', '/callbackUrl', { callbackUrl: 'file:///etc/passwd' }],
  ['user information in callbackUrl', '/callbackUrl', { callbackUrl: 'https://user:pass@hooks.example/' }],
  ['a user name in callbackUrl', '/callbackUrl', { callbackUrl: 'https://user@hooks.example/' }],
  [
    'user information before an allowed host',
    '/callbackUrl',
    { callbackUrl: 'http://user@hooks.internal:8443/' },
  ],
  ['a NUL in callbackUrl', '/callbackUrl', { callbackUrl: 'https://hooks.example/\u0000' }],
  ['a line break in callbackUrl', '/callbackUrl', { callbackUrl: 'https://hooks.example/\nx' }],
  [
    'a callbackUrl of 2001 characters',
    '/callbackUrl',
    { callbackUrl: `https://hooks.example/${'x'.repeat(1979)}` },
  ],
  [
    'a host with a longer name than there can be as callbackUrl',
    '/callbackUrl',
    { callbackUrl: `https://${`${'a'.repeat(50)}.`.repeat(6)}example/` },
  ],
  ['an address of this machine in hex', '/callbackUrl', { callbackUrl: 'https://0x7f.0x1/' }],
  ['an address of this machine in decimal', '/callbackUrl', { callbackUrl: 'https://2130706434/' }],
  ['a private address in octal', '/callbackUrl', { callbackUrl: 'https://012.0.0.1/' }],
  ['a private address', '/callbackUrl', { callbackUrl: 'https://192.168.1.4/' }],
  ['the metadata address', '/callbackUrl', { callbackUrl: 'https://169.254.169.254/latest/meta-data' }],
  ['IPv6 loopback', '/callbackUrl', { callbackUrl: 'https://[::1]/' }],
  ['a mapped private address', '/callbackUrl', { callbackUrl: 'https://[::ffff:10.0.0.1]/' }],
  ['localhost', '/callbackUrl', { callbackUrl: 'https://localhost/' }],
  ['localhost with a dot', '/callbackUrl', { callbackUrl: 'https://LOCALHOST./' }],
  ['an unknown field', '/plan', { plan: 'gold' }],
  ['an unknown field that needs escaping', '/a~1b~0c', { 'a/b~c': 1 }],
  ['an unknown field that every object has', '/constructor', { constructor: 1 }],
];

describe('400 with a pointer to the field for', () => {
  test.each(badFields)('%s', async (_name, pointer, fields) => {
    const before = await countRows(stack);

    const response = await post(stack, order(fields));

    expect(response.status).toBe(400);
    const { code, errors = [] } = await problemOf(response);
    expect(code).toBe('invalid-request');
    expect([...new Set(errors.map((error) => error.pointer))]).toEqual([pointer]);
    expect(await countRows(stack)).toBe(before);
  });

  test('a field named __proto__', async () => {
    const text = JSON.stringify(order()).replace('{', '{"__proto__":{"tier":"enterprise"},');

    expect((await problemOf(await post(stack, text))).errors).toEqual([
      { pointer: '/__proto__', detail: 'is not a known field' },
    ]);
  });
});

test('all bad fields are named at once', async () => {
  const { errors = [] } = await problemOf(
    await post(stack, {
      clientId: 'A',
      clientName: '',
      orgEmail: 'x',
      tier: 'x',
      onFailure: 'x',
      callbackUrl: 'x',
      y: 1,
    }),
  );

  expect([...new Set(errors.map(({ pointer }) => pointer))].toSorted()).toEqual([
    '/callbackUrl',
    '/clientId',
    '/clientName',
    '/onFailure',
    '/orgEmail',
    '/tier',
    '/y',
  ]);
});

test('what was sent for a bad field is not repeated in the answer', async () => {
  const response = await post(
    stack,
    order({ tier: 'seCret-value', callbackUrl: 'https://u:seCret-value@h.example' }),
  );

  expect(await response.text()).not.toContain('seCret-value');
});

describe('400 for a body that is', () => {
  test.each([
    ['no JSON', '{"clientId": "acme",'],
    ['not an object: a list', '[]'],
    ['not an object: null', 'null'],
    ['not an object: a text', '"acme"'],
    ['not an object: a number', '7'],
    ['empty', ''],
    ['only blanks', '   '],
  ])('%s', async (_name, text) => {
    const before = await countRows(stack);

    const response = await post(stack, text);

    expect(response.status).toBe(400);
    await problemOf(response);
    expect(await countRows(stack)).toBe(before);
  });

  test('not there at all', async () => {
    const response = await stack.call('/api/provisioning', { method: 'POST' });

    expect(response.status).toBe(400);
    expect((await problemOf(response)).errors).toEqual([
      { pointer: '', detail: 'a JSON object is expected as the body' },
    ]);
  });
});

describe('400 for an unknown query parameter', () => {
  test.each(['?force=true', '?dryrun=true', '?__proto__=1', '?=1'])('%s', async (query) => {
    const before = await countRows(stack);

    const response = await post(stack, order(), { path: `/api/provisioning${query}` });

    expect(response.status).toBe(400);
    const name = query.slice(1).split('=')[0];
    expect((await problemOf(response)).errors).toEqual([
      { pointer: `?${name}`, detail: 'is not a known field' },
    ]);
    expect(await countRows(stack)).toBe(before);
  });
});

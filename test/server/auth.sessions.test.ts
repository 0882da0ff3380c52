/** The dashboard's sessions: who may begin one, and when it ends. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { revokeApiKey } from '../../src/ledger/api-keys.ts';
import { commandActor } from '../../src/ledger/audit.ts';
import { roles } from '../../src/ledger/roles.ts';
import type { Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { makeKey, problemOf, startApi, untilReady } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startApi();
  await untilReady(stack);
});
afterAll(() => stack?.stop());

const adminKey = (api = stack) => api.environment['ADMIN_API_KEY'] ?? '';

function submit(
  path: string,
  options: { key?: string; headers?: Record<string, string>; api?: Stack } = {},
): Promise<Response> {
  const { key = '', headers = {}, api = stack } = options;
  return api.call(path, { key: '', method: 'POST', headers, body: new URLSearchParams({ key }) });
}
const signIn = (key: string, headers: Record<string, string> = {}) =>
  submit('/admin/sign-in', { key, headers });

const cookieOf = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? '';
const look = (cookie: string, api = stack) => api.call('/admin/queues', { key: '', headers: { cookie } });

describe('a session is begun', () => {
  test.each(roles)('with a key of a %s, and shows nothing of it', async (role) => {
    const { token } = await makeKey(stack, role);
    const response = await signIn(token);

    expect(response.status).toBe(303);
    expect(response.headers.get('set-cookie')).not.toContain(token.slice(17));
    expect((await look(cookieOf(response))).status).toBe(200);
  });

  const own: readonly [string, () => Record<string, string>][] = [
    ['by our page', () => ({ 'sec-fetch-site': 'same-origin' })],
    ['by our page in a browser that says only its origin', () => ({ origin: stack.server.url })],
    ['by a person (Sec-Fetch-Site: none)', () => ({ 'sec-fetch-site': 'none' })],
    ['by a program', () => ({})],
  ];
  test.each(own)('%s', async (_name, headers) => {
    expect((await signIn(adminKey(), headers())).status).toBe(303);
  });
});

describe('no session is begun or ended', () => {
  const foreign: readonly [string, Record<string, string>][] = [
    ['by another site', { 'sec-fetch-site': 'cross-site' }],
    ['by a sister site', { 'sec-fetch-site': 'same-site' }],
    ['by what is no site we know', { 'sec-fetch-site': '' }],
    ['by another origin', { origin: 'https://attacker.example' }],
    ['by an origin that hides itself', { origin: 'null' }],
    ['by our host on another port', { origin: 'http://127.0.0.1:1' }],
    ['by our host by another scheme', { origin: 'https://127.0.0.1' }],
    [
      'by another site that claims our origin',
      { 'sec-fetch-site': 'cross-site', origin: 'http://127.0.0.1' },
    ],
  ];
  test.each(foreign)('%s', async (_name, headers) => {
    const responses = await Promise.all([
      signIn(adminKey(), headers),
      submit('/admin/sign-out', { headers }),
    ]);

    for (const response of responses) {
      expect(response.status).toBe(403);
      expect(response.headers.get('set-cookie')).toBeNull();
      expect((await problemOf(response)).code).toBe('forbidden');
    }
  });
});

describe('a session ends', () => {
  test('within two seconds after its key was revoked', async () => {
    const { id, token } = await makeKey(stack, 'viewer');
    const cookie = cookieOf(await signIn(token));
    expect((await look(cookie)).status).toBe(200);

    await revokeApiKey(stack.pool, id, commandActor);
    const revokedAt = performance.now();

    const openedAt: number[] = [];
    await until(async () => {
      const askedAt = performance.now() - revokedAt;
      const { status } = await look(cookie);
      if (status === 200) openedAt.push(askedAt);
      return status === 401 || undefined;
    }, 'the session to end');
    expect(Math.max(0, ...openedAt)).toBeLessThan(2000);
  });

  test('when its key expires', async () => {
    const { id, token } = await makeKey(stack, 'viewer');
    const cookie = cookieOf(await signIn(token));
    await stack.pool.query('update ledger.api_keys set expires_at = clock_timestamp() where id = $1', [id]);

    const ended = await until(async () => {
      const response = await look(cookie);
      return response.status === 200 ? undefined : response;
    }, 'the session to end');
    expect(ended.status).toBe(401);
  });

  test('in the browser that has signed out', async () => {
    const page = await stack.call('/admin/sign-out', { key: '' });
    expect(await page.text()).toContain('<form method="post" action="/admin/sign-out">');

    const response = await submit('/admin/sign-out', { headers: { 'sec-fetch-site': 'same-origin' } });

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/admin/sign-in');
    expect(response.headers.get('set-cookie')).toMatch(
      /^client-provisioner-session=; Path=\/; Expires=Thu, 01 Jan 1970/,
    );
  });
});

test('the pages let the browser say that their forms are ours', async () => {
  for (const path of ['/admin/sign-in', '/admin/sign-out'])
    expect((await stack.call(path, { key: '' })).headers.get('referrer-policy')).toBe('same-origin');
});

test('behind https the cookie is bound to this host and to https, and opens the dashboard', async () => {
  const api = await startApi({ PUBLIC_URL: 'https://provisioner.example' });
  try {
    await untilReady(api);
    const response = await submit('/admin/sign-in', {
      key: adminKey(api),
      headers: { origin: 'https://provisioner.example' },
      api,
    });

    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^__Host-client-provisioner-session=/);
    expect(cookie).toMatch(/; Path=\/;/);
    expect(cookie).toMatch(/; HttpOnly(;|$)/);
    expect(cookie).toMatch(/; Secure(;|$)/);
    expect(cookie).toMatch(/; SameSite=Strict(;|$)/);
    expect(cookie).not.toMatch(/; Domain/i);
    expect((await look(cookieOf(response), api)).status).toBe(200);
    // The same without the prefix could have been set by another host of the domain.
    expect((await look(cookieOf(response).replace('__Host-', ''), api)).status).toBe(401);
  } finally {
    await api.stop();
  }
});

/** The dashboard's sessions: who may begin one, and when it ends. */
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { revokeApiKey } from '../../src/ledger/api-keys.ts';
import { commandActor } from '../../src/ledger/audit.ts';
import { roles } from '../../src/ledger/roles.ts';
import { createAccess } from '../../src/server/auth/authenticate.ts';
import { createSessions } from '../../src/server/auth/sessions.ts';
import type { Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { depsOf, makeKey, problemOf, startAnotherServer, startApi, untilReady } from './support.ts';

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

  test('with a sign-out, at once and for every copy of its cookie', async () => {
    const cookies = [cookieOf(await signIn(adminKey())), cookieOf(await signIn(adminKey()))] as const;
    for (const cookie of cookies) expect((await look(cookie)).status).toBe(200);

    await submit('/admin/sign-out', { headers: { cookie: cookies[0] } });

    expect((await look(cookies[0])).status).toBe(401);
    expect((await look(cookies[1])).status).toBe(200);
  });

  test('with a sign-out at another server', async () => {
    const other = await startAnotherServer(stack);
    try {
      const cookie = cookieOf(await signIn(adminKey()));

      await fetch(`${other.url}/admin/sign-out`, { method: 'POST', headers: { cookie }, redirect: 'manual' });

      expect((await look(cookie)).status).toBe(401);
    } finally {
      await other.stop();
    }
  });

  test('twelve hours after it began, whatever is done with it meanwhile', async () => {
    const { id, token } = await makeKey(stack, 'viewer');
    const cookie = cookieOf(await signIn(token));
    const { rows } = await stack.pool.query<{ hours: number }>(
      `select extract(epoch from expires_at - created_at)::float8 / 3600 as hours from ledger.sessions where by = $1`,
      [`key:${id}`],
    );
    expect(rows[0]?.hours).toBeCloseTo(12, 2);
    expect((await look(cookie)).status).toBe(200);

    await stack.pool.query(
      `update ledger.sessions set expires_at = expires_at - interval '12 hours' where by = $1`,
      [`key:${id}`],
    );

    expect((await look(cookie)).status).toBe(401);
  });

  test('with the admin key, whatever key it was begun with', async () => {
    const { token } = await makeKey(stack, 'viewer');
    const cookies = [cookieOf(await signIn(adminKey())), cookieOf(await signIn(token))];
    const changed = await startAnotherServer(stack, {
      ADMIN_API_KEY: 'another-admin-key-of-thirty-two-characters',
    });
    try {
      for (const cookie of cookies) {
        const { status } = await fetch(`${changed.url}/admin/queues`, { headers: { cookie } });
        expect(status).toBe(401);
      }
    } finally {
      await changed.stop();
    }
  });

  test('in the browser that has signed out', async () => {
    const page = await stack.call('/admin/sign-out', { key: '' });
    expect(await page.text()).toContain('<form method="post" action="/admin/sign-out"');

    const response = await submit('/admin/sign-out', { headers: { 'sec-fetch-site': 'same-origin' } });

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/admin/sign-in');
    expect(response.headers.get('set-cookie')).toMatch(
      /^client-provisioner-session=; Path=\/; Expires=Thu, 01 Jan 1970/,
    );
  });
});

test('nothing in the database is a session: what is kept of a cookie does not give it back', async () => {
  const cookie = cookieOf(await signIn(adminKey()));
  const token = cookie.split('=')[1] ?? '';
  const { rows } = await stack.pool.query<{ token_hash: Buffer; row: string }>(
    'select token_hash, s::text as row from ledger.sessions s',
  );

  expect(token).toHaveLength(43);
  expect(rows.map(({ row }) => row).join()).not.toContain(Buffer.from(token, 'base64url').toString('hex'));
  for (const { token_hash: hash } of rows)
    expect((await look(`client-provisioner-session=${hash.toString('base64url')}`)).status).toBe(401);
});

test('when a session was last seen is written once a minute at most', async () => {
  const { id, token } = await makeKey(stack, 'viewer');
  const cookie = cookieOf(await signIn(token));
  const lastSeen = async () => {
    const { rows } = await stack.pool.query<{ at: Date }>(
      'select last_seen_at as at from ledger.sessions where by = $1',
      [`key:${id}`],
    );
    return rows[0]?.at.getTime() ?? 0;
  };
  const first = await lastSeen();
  await look(cookie);
  expect(await lastSeen()).toBe(first);

  await stack.pool.query(
    `update ledger.sessions set last_seen_at = last_seen_at - interval '2 minutes' where by = $1`,
    [`key:${id}`],
  );
  await look(cookie);

  expect(await lastSeen()).toBeGreaterThanOrEqual(first);
});

test('a worker deletes sessions that have expired, and keeps the others', async () => {
  const [gone, kept] = await Promise.all([makeKey(stack, 'viewer'), makeKey(stack, 'viewer')]);
  await Promise.all([signIn(gone.token), signIn(kept.token)]);
  await stack.pool.query('update ledger.sessions set expires_at = clock_timestamp() where by = $1', [
    `key:${gone.id}`,
  ]);
  const countOf = async (id: string) =>
    (await stack.pool.query('select 1 from ledger.sessions where by = $1', [`key:${id}`])).rowCount;

  // It cleans up as soon as it leads.
  const worker = await stack.startWorker();
  await until(async () => (await countOf(gone.id)) === 0 || undefined, 'the session to be deleted');
  await worker.stop();

  expect(await countOf(kept.id)).toBe(1);
});

test('the session of a browser is known to whoever asks for its caller', async () => {
  const { id, token } = await makeKey(stack, 'operator');
  const cookie = cookieOf(await signIn(token));
  const deps = depsOf(stack);
  const sessions = createSessions(deps, createAccess(deps.config, deps.pool));
  const request = new IncomingMessage(new Socket());
  request.headers.cookie = `other=1; ${cookie}`;

  const caller = await sessions.callerOf(request);

  expect(caller).toMatchObject({ by: `key:${id}`, role: 'operator' });
  expect(await caller?.stillCounts()).toBe(true);
  await submit('/admin/sign-out', { headers: { cookie } });
  expect(await caller?.stillCounts()).toBe(false);
  expect(await sessions.callerOf(request)).toBeUndefined();
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

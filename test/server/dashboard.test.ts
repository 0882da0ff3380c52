import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { backends, startStack, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { problemOf, untilReady } from './support.ts';

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

describe.each(backends)('on %s', (backend) => {
  let stack: Stack;
  let done: ShownProvisioning;
  beforeAll(async () => {
    stack = await startStack({ backend });
    await untilReady(stack);
    done = await stack.waitUntilDone(
      (await stack.provision({ clientName: 'Hidden Name', orgEmail: 'hidden@acme.example' })).id,
    );
  });
  afterAll(() => stack?.stop());

  function signIn(key: string, headers: Record<string, string> = {}): Promise<Response> {
    return stack.call('/admin/sign-in', {
      key: '',
      method: 'POST',
      headers: { ...browser, ...headers },
      body: new URLSearchParams({ key }),
    });
  }

  const adminKey = () => stack.environment['ADMIN_API_KEY'] ?? '';

  describe('without a session', () => {
    test('a browser is led to the sign-in page, which asks for the key', async () => {
      const response = await stack.call('/admin/queues', { key: '', headers: browser });
      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toMatch(/^\/admin\/sign-in\?next=%2Fadmin%2Fqueues/i);

      const page = await stack.call('/admin/sign-in', { key: '', headers: browser });
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      expect(await page.text()).toMatch(/<form method="post" action="\/admin\/sign-in"[^]*type="password"/);
    });

    test.each([
      '/admin/queues/',
      '/admin/queues/queue/provisioning',
      '/Admin/Queues',
      '/admin/queues/static/js/x.js',
    ])('%s leads to the sign-in page too', async (path) => {
      const response = await stack.call(path, { key: '', headers: browser });

      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toMatch(/^\/admin\/sign-in\?next=%2Fadmin%2Fqueues/i);
    });

    test('a program is refused with 401', async () => {
      const response = await stack.call('/admin/queues/api/queues', {
        key: '',
        headers: { accept: 'application/json' },
      });

      expect(response.status).toBe(401);
      expect((await problemOf(response)).code).toBe('unauthorized');
    });

    test('a cookie that this server did not give is none', async () => {
      const { alg, claims } = { alg: { alg: 'none' }, claims: { exp: 4_000_000_000 } };
      const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      for (const token of [
        'x',
        `${encode(alg)}.${encode(claims)}.`,
        `${encode({ alg: 'HS256' })}.${encode(claims)}.AAAA`,
        'A'.repeat(43),
        '',
      ]) {
        const response = await stack.call('/admin/queues', {
          key: '',
          headers: { cookie: `client-provisioner-session=${token}` },
        });
        expect(response.status).toBe(401);
      }
    });
  });

  describe('at the sign-in', () => {
    test.each(['', 'wrong', 'x'.repeat(3000)])(
      'a wrong key gives the page again, and no cookie',
      async (key) => {
        const response = await signIn(key);

        expect(response.status).toBe(401);
        expect(response.headers.get('set-cookie')).toBeNull();
        expect(await response.text()).toContain('This key is not valid.');
      },
    );

    test('the key as JSON or in the address is no sign-in', async () => {
      const responses = await Promise.all([
        stack.call(`/admin/sign-in?key=${adminKey()}`, { key: '', method: 'POST' }),
        stack.call('/admin/sign-in', {
          key: '',
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ key: adminKey() }),
        }),
      ]);

      expect(responses.map(({ status }) => status)).toEqual([401, 401]);
    });

    test.each(['cross-site', 'same-site'])('a form on another site (%s) is refused', async (site) => {
      const response = await signIn(adminKey(), { 'sec-fetch-site': site });

      expect(response.status).toBe(403);
      expect(response.headers.get('set-cookie')).toBeNull();
      expect(await response.text()).toContain('Use the form of');
    });

    test('the right key gives a cookie that no script reads and no other site sends', async () => {
      const response = await signIn(adminKey(), { 'sec-fetch-site': 'same-origin' });

      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toBe('/');
      const cookie = response.headers.get('set-cookie') ?? '';
      expect(cookie).toMatch(/; Path=\/;/);
      expect(cookie).toMatch(/; HttpOnly(;|$)/);
      expect(cookie).toMatch(/; SameSite=Strict(;|$)/);
      expect(cookie).not.toContain(adminKey());
      // The tests' own server is reached by plain http.
      expect(cookie).not.toMatch(/; Secure/);
    });
  });

  describe('signed in', () => {
    let cookie = '';
    beforeEach(async () => {
      cookie = (await signIn(adminKey())).headers.get('set-cookie')?.split(';')[0] ?? '';
    });
    const look = (path: string, init: RequestInit = {}) =>
      stack.call(path, {
        key: '',
        ...init,
        headers: { cookie, ...browser, ...Object.fromEntries(new Headers(init.headers)) },
      });

    test('the dashboard is shown, with the parts that its page asks for', async () => {
      const page = await look('/admin/queues');
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      const html = await page.text();
      expect(html).toContain('client-provisioner');

      const parts = [...html.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(
        ([, path]) => `/admin/queues/${path}`,
      );
      expect(parts.length).toBeGreaterThan(1);
      for (const path of parts) expect((await look(path)).status).toBe(200);
    });

    test('it lists the three queues, for looking only', async () => {
      const response = await look('/admin/queues/api/queues');

      expect(response.status).toBe(200);
      const { queues } = (await response.json()) as { queues: { name: string; readOnlyMode: boolean }[] };
      expect(queues.map(({ name, readOnlyMode }) => [name, readOnlyMode])).toEqual([
        ['provisioning', true],
        ['rollback', true],
        ['callbacks', true],
      ]);
    });

    test('jobs have readable names, and their data holds ids only', async () => {
      interface Shown {
        queues: { jobs: { name: string; data: unknown; opts: unknown }[] }[];
      }
      // The sweeper may have enqueued the flow a second time.
      const namesOf = (shown: { name: string }[]) => [...new Set(shown.map(({ name }) => name))].toSorted();
      const jobs = await until(async () => {
        const response = await look(
          '/admin/queues/api/queues?activeQueue=provisioning&status=completed&jobsPerPage=50',
        );
        const { queues } = (await response.json()) as Shown;
        const completed = queues.flatMap((queue) => queue.jobs);
        return namesOf(completed).length === 6 ? completed : undefined;
      }, 'completed jobs of six names');

      expect(namesOf(jobs)).toEqual([
        `${done.clientId} · 1/5 supabase-project`,
        `${done.clientId} · 2/5 database-schema`,
        `${done.clientId} · 3/5 github-repo`,
        `${done.clientId} · 4/5 vercel-deployment`,
        `${done.clientId} · 5/5 n8n-webhooks`,
        `${done.clientId} · provisioning`,
      ]);
      for (const { data } of jobs)
        expect(
          Object.keys(data as object)
            .filter((name) => !name.startsWith('__'))
            .toSorted(),
        ).toSatisfy((names) =>
          [
            ['direction', 'flow', 'position', 'provisioningId', 'step'],
            ['direction', 'flow', 'provisioningId'],
          ].some((allowed) => JSON.stringify(allowed) === JSON.stringify(names)),
        );
      expect(JSON.stringify(jobs)).not.toMatch(/Hidden Name|hidden@acme\.example/);
      for (const token of ['SUPABASE_MANAGEMENT_TOKEN', 'GITHUB_TOKEN', 'VERCEL_TOKEN', 'N8N_API_KEY'])
        expect(JSON.stringify(jobs)).not.toContain(stack.environment[token]);
    });

    test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is 405 everywhere', async (method) => {
      for (const path of [
        '/admin/queues',
        '/admin/queues/api/queues/provisioning/pause',
        '/admin/queues/api/queues/provisioning/clean/completed',
        '/admin/queues/api/queues/provisioning/add',
        '/admin/queues/api/queues/provisioning/obliterate',
        `/admin/queues/api/queues/provisioning/${done.id}.1.run.end/retry`,
      ]) {
        const response = await look(path, { method });
        expect(response.status).toBe(405);
        expect(response.headers.get('allow')).toBe('GET, HEAD');
        expect(await response.text()).toContain('The dashboard is for looking only.');
      }
    });

    test.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])(
      'a method that %s, the address or the body names instead does not count',
      async (header) => {
        const pause = '/admin/queues/api/queues/provisioning/pause';
        const asForm = { body: new URLSearchParams({ _method: 'GET' }) };
        const posted = await Promise.all([
          look(pause, { method: 'POST', headers: { [header]: 'GET' } }),
          look(`${pause}?_method=GET`, { method: 'POST' }),
          look(pause, { method: 'PUT', ...asForm }),
        ]);
        expect(posted.map(({ status }) => status)).toEqual([405, 405, 405]);

        await look(`${pause}?_method=PUT`, { headers: { [header]: 'PUT' } });
        const { queues } = (await (await look('/admin/queues/api/queues')).json()) as {
          queues: { isPaused: boolean }[];
        };
        expect(queues.map(({ isPaused }) => isPaused)).toEqual([false, false, false]);
      },
    );

    test('the cookie opens the dashboard only, not the API', async () => {
      expect((await look('/api/provisioning')).status).toBe(401);
    });
  });

  test('a program looks with the admin key as its bearer', async () => {
    expect((await stack.call('/admin/queues/api/queues')).status).toBe(200);
  });
});

test('behind https the cookie is sent by https only', async () => {
  const stack = await startStack({
    backend: 'redis',
    workers: 0,
    environment: { PUBLIC_URL: 'https://provisioner.example' },
  });
  try {
    const response = await stack.call('/admin/sign-in', {
      key: '',
      method: 'POST',
      body: new URLSearchParams({ key: stack.environment['ADMIN_API_KEY'] ?? '' }),
    });

    expect(response.headers.get('set-cookie')).toMatch(/; Secure(;|$)/);
  } finally {
    await stack.stop();
  }
});

test('a session ends when the admin key is changed', async () => {
  const [before, after] = await Promise.all([
    startStack({ backend: 'redis', workers: 0 }),
    startStack({ backend: 'redis', workers: 0 }),
  ]);
  try {
    await Promise.all([untilReady(before), untilReady(after)]);
    const signedIn = await before.call('/admin/sign-in', {
      key: '',
      method: 'POST',
      body: new URLSearchParams({ key: before.environment['ADMIN_API_KEY'] ?? '' }),
    });
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';

    expect((await before.call('/admin/queues', { key: '', headers: { cookie } })).status).toBe(200);
    expect((await after.call('/admin/queues', { key: '', headers: { cookie } })).status).toBe(401);
  } finally {
    await Promise.all([before.stop(), after.stop()]);
  }
});

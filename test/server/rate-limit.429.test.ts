/** RATE_LIMIT_PER_MINUTE: what each caller may ask, all servers together. */
import { afterEach, expect, test } from 'vitest';
import { deleteOldCounters } from '../../src/ledger/rate-limits.ts';
import type { RunningServer } from '../../src/server/start.ts';
import type { Stack } from '../helpers/stack.ts';
import { ask, makeKey, problemOf, startAnotherServer, startApi } from './support.ts';

let stack: Stack | undefined;
let other: RunningServer | undefined;
afterEach(async () => {
  await other?.stop();
  await stack?.stop();
  [stack, other] = [undefined, undefined];
});

async function startWith(perMinute: number): Promise<Stack> {
  stack = await startApi({ RATE_LIMIT_PER_MINUTE: String(perMinute) });
  return stack;
}

const path = '/api/provisioning';
const remainingIn = (response: Response) => /;r=(\d+);/.exec(response.headers.get('ratelimit') ?? '')?.[1];

test('a caller is told what is left, and to wait when nothing is', async () => {
  const api = await startWith(3);
  const responses: Response[] = [];
  for (let count = 0; count < 5; count += 1) responses.push(await api.call(path));

  expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
  expect(responses.map(remainingIn)).toEqual(['2', '1', '0', '0', '0']);
  for (const response of responses) {
    expect(response.headers.get('ratelimit-policy')).toBe('"caller";q=3;w=60');
    expect(response.headers.get('ratelimit')).toMatch(/^"caller";r=\d;t=([1-9]|[1-5]\d|60)$/);
  }
  const refused = responses.at(-1) ?? new Response();
  expect(refused.headers.get('retry-after')).toMatch(/^([1-9]|[1-5]\d|60)$/);
  expect(await problemOf(refused)).toMatchObject({ code: 'rate-limited', title: 'Too many requests' });
});

test('what is refused has no effect', async () => {
  const api = await startWith(1);
  await api.call(path);

  const response = await api.call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{',
  });

  expect(response.status).toBe(429);
});

test('each caller has a budget of its own', async () => {
  const api = await startWith(2);
  const [first, second] = await Promise.all([makeKey(api, 'viewer'), makeKey(api, 'viewer')]);
  const statuses = async (key: string) => [
    (await api.call(path, { key })).status,
    (await api.call(path, { key })).status,
    (await api.call(path, { key })).status,
  ];

  expect(await statuses(first.token)).toEqual([200, 200, 429]);
  expect(await statuses(second.token)).toEqual([200, 200, 429]);
  expect(await statuses(api.environment['ADMIN_API_KEY'] ?? '')).toEqual([200, 200, 429]);
});

test('what is refused for its role, or is not there, counts as well', async () => {
  const api = await startWith(2);
  const { token: key } = await makeKey(api, 'viewer');

  const statuses = [
    (await api.call(path, { method: 'POST', key })).status,
    (await api.call('/nothing/here', { key })).status,
    (await api.call(path, { key })).status,
  ];

  expect(statuses).toEqual([403, 404, 429]);
});

test('the dashboard counts as well: what it asks for, not the files of its page', async () => {
  const api = await startWith(3);
  const queues = '/admin/queues/api/queues';
  const statuses: number[] = [];
  for (let count = 0; count < 4; count += 1) statuses.push((await api.call(queues)).status);
  expect(statuses.at(-1)).toBe(429);

  const { token } = await makeKey(api, 'viewer');
  const signedIn = await api.call('/admin/sign-in', {
    key: '',
    method: 'POST',
    body: new URLSearchParams({ key: token }),
  });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const look = async (what: string) => (await api.call(what, { key: '', headers: { cookie } })).status;
  for (let count = 0; count < 5; count += 1) expect(await look('/admin/queues')).toBe(200);
  for (let count = 0; count < 4; count += 1) statuses.push(await look(queues));
  expect(statuses.at(-1)).toBe(429);
});

test('signing in counts as well', async () => {
  const api = await startWith(3);
  const { token } = await makeKey(api, 'viewer');
  const signIn = async () => {
    const body = new URLSearchParams({ key: token });
    return (await api.call('/admin/sign-in', { key: '', method: 'POST', body })).status;
  };

  const statuses: number[] = [];
  // A minute may begin in between.
  for (let count = 0; count < 8; count += 1) statuses.push(await signIn());

  expect(statuses[0]).toBe(303);
  expect(statuses).toContain(429);
});

test('two servers share one budget', async () => {
  const api = await startWith(20);
  other = await startAnotherServer(api);
  const { url } = other;
  const key = api.environment['ADMIN_API_KEY'] ?? '';

  const statuses: number[] = [];
  for (let count = 0; count < 15; count += 1) {
    const both = await Promise.all([ask(url, path, key), ask(api.server.url, path, key)]);
    statuses.push(...both.map(({ status }) => status));
  }

  expect(statuses).toEqual([
    ...Array.from({ length: 20 }, () => 200),
    ...Array.from({ length: 10 }, () => 429),
  ]);
});

test('a new minute is a new budget', async () => {
  const api = await startWith(3);
  expect(remainingIn(await api.call(path))).toBe('2');
  await api.pool.query('update ledger.rate_limits set expire = expire - 60000');

  expect(remainingIn(await api.call(path))).toBe('2');
});

test('0 switches the limit off', async () => {
  const api = await startWith(0);

  const responses = await Promise.all(Array.from({ length: 50 }, () => api.call(path)));

  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
  expect(responses[0]?.headers.has('ratelimit')).toBe(false);
});

test('health is never limited', async () => {
  const api = await startWith(1);

  const responses = await Promise.all(Array.from({ length: 20 }, () => api.call('/healthz')));

  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
});

test('counters are deleted when their minute is over, and not before', async () => {
  const api = await startWith(5);
  await api.call(path);
  await api.pool.query(
    `insert into ledger.rate_limits values ('old', 1, extract(epoch from clock_timestamp() - interval '2 minutes') * 1000)`,
  );

  await deleteOldCounters(api.pool);

  const { rows } = await api.pool.query<{ key: string }>('select key from ledger.rate_limits');
  expect(rows).toEqual([{ key: 'requests:admin-key' }]);
});

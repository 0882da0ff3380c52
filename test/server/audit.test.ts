/** `GET /api/audit`: every act is in it, and it can be read in pages, filtered, and as CSV. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { auditAnswer, auditCsvLine } from '../../src/api/audit.ts';
import { pageOf } from '../../src/api/answers.ts';
import { recordSignInFailure } from '../../src/ledger/sign-in-failures.ts';
import type { Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { makeKey, moveTo, post, problemOf, startApi } from './support.ts';

let stack: Stack;
let operator: { id: string; token: string };
let admin: { id: string; token: string };
beforeAll(async () => {
  stack = await startApi();
  operator = await makeKey(stack, 'operator');
  admin = await makeKey(stack, 'admin');
});
afterAll(() => stack?.stop());

const page = pageOf(auditAnswer);
async function audit(query = ''): Promise<z.infer<typeof page>> {
  const response = await stack.call(`/api/audit${query}`);
  expect(response.status).toBe(200);
  return page.parse(await response.json());
}
const newest = async () => (await audit('?limit=1')).items[0];

test('a worker tells of failures to sign in that nothing has followed', async () => {
  const address = '203.0.113.9';
  for (let count = 0; count < 3; count += 1) await recordSignInFailure(stack.pool, address);
  await stack.pool.query(
    `update ledger.sign_in_failures set since = since - interval '1 minute' where address = $1`,
    [address],
  );

  // It cleans up as soon as it leads.
  const worker = await stack.startWorker();
  const told = await until(async () => {
    const { items } = await audit('?action=sign-in-failed');
    const attempts = items.filter((row) => row.address === address).map(({ detail }) => detail['attempts']);
    return attempts.length === 2 ? attempts : undefined;
  }, 'both rows');
  await worker.stop();

  expect(told).toEqual([2, 1]);
});

describe('an act is written down with who did it, from where and to whom:', () => {
  test('a client is provisioned', async () => {
    const { id, clientId } = await stack.provision();

    expect(await newest()).toMatchObject({
      action: 'provisioned',
      by: 'admin-key',
      clientId,
      provisioningId: id,
      address: '127.0.0.1',
    });
  });

  test('a client is provisioned under an Idempotency-Key, once', async () => {
    const { clientId } = await stack.provision();
    const headers = { 'idempotency-key': clientId };
    const body = { clientId: `${clientId}-2`, clientName: 'A', orgEmail: 'a@a.example', tier: 'starter' };

    for (let count = 0; count < 2; count += 1)
      expect((await post(stack, body, { headers })).status).toBe(202);

    expect((await audit(`?clientId=${clientId}-2`)).items).toMatchObject([{ action: 'provisioned' }]);
  });

  const acts: readonly [string, string, readonly (readonly [string, string])[], object][] = [
    ['cancel', 'cancelled', [], {}],
    [
      'resume',
      'resumed',
      [
        ['running', 'none'],
        ['paused', 'none'],
      ],
      {},
    ],
    [
      'rollback',
      'rolled-back',
      [
        ['running', 'none'],
        ['paused', 'none'],
      ],
      {},
    ],
  ];
  test.each(acts)('%s', async (path, action, states, more) => {
    const { id, clientId } = await stack.provision();
    await moveTo(stack, id, ...states);

    const response = await post(
      stack,
      { reason: 'a wish', ...more },
      { path: `/api/provisioning/${id}/${path}`, key: operator.token },
    );

    expect(response.status).toBe(202);
    expect(await newest()).toMatchObject({
      action,
      by: `key:${operator.id}`,
      clientId,
      provisioningId: id,
      address: '127.0.0.1',
      detail: { reason: 'a wish' },
    });
  });

  test('offboarding', async () => {
    const { id, clientId } = await stack.provision();
    await moveTo(stack, id, ['running', 'none'], ['succeeded', 'none']);

    const path = `/api/provisioning/${id}/rollback`;
    expect((await post(stack, { confirm: clientId }, { path, key: admin.token })).status).toBe(202);

    expect(await newest()).toMatchObject({ action: 'offboarded', by: `key:${admin.id}`, clientId });
  });

  test('a callback is sent again', async () => {
    const { id } = await stack.provision({ callbackUrl: 'https://receiver.example/' });
    await post(stack, {}, { path: `/api/provisioning/${id}/cancel` });
    const { rows } = await stack.pool.query<{ id: string }>(
      'select id from ledger.callbacks where provisioning_id = $1',
      [id],
    );

    const path = `/api/provisioning/${id}/callbacks/${rows[0]?.id}/redeliver`;
    expect((await post(stack, {}, { path, key: operator.token })).status).toBe(202);

    expect(await newest()).toMatchObject({
      action: 'redelivered',
      by: `key:${operator.id}`,
      provisioningId: id,
      detail: { callback: 1 },
    });
  });

  test('what a command does is by `command`, from no address', async () => {
    const { id } = await makeKey(stack, 'viewer', 'of a command');

    expect(await newest()).toMatchObject({
      action: 'made-key',
      by: 'command',
      address: null,
      detail: { key: id, name: 'of a command', role: 'viewer' },
    });
  });

  test('signing in, out, and failing to', async () => {
    const signIn = (key: string) =>
      stack.call('/admin/sign-in', { key: '', method: 'POST', body: new URLSearchParams({ key }) });
    const cookie = (await signIn(operator.token)).headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(await newest()).toMatchObject({ action: 'signed-in', by: `key:${operator.id}` });

    await stack.call('/admin/sign-out', { key: '', method: 'POST', headers: { cookie } });
    expect(await newest()).toMatchObject({ action: 'signed-out', by: `key:${operator.id}` });
    // One that has no session ends none.
    await stack.call('/admin/sign-out', { key: '', method: 'POST', headers: { cookie } });

    for (let count = 0; count < 40; count += 1) await signIn('wrong');
    const { items } = await audit('?limit=2');
    expect(items.map(({ action }) => action)).toEqual(['sign-in-failed', 'signed-out']);
    expect(items[0]).toMatchObject({ by: 'nobody', address: '127.0.0.1', detail: { attempts: 1 } });
  });
});

test('what is refused or changes nothing leaves no row', async () => {
  const { id } = await stack.provision();
  expect((await post(stack, {}, { path: `/api/provisioning/${id}/cancel` })).status).toBe(202);
  const before = await newest();

  expect((await post(stack, {}, { path: `/api/provisioning/${id}/cancel` })).status).toBe(202);
  expect((await post(stack, {}, { path: `/api/provisioning/${id}/resume` })).status).toBe(409);
  expect((await post(stack, {}, { path: `/api/provisioning/${id}/rollback` })).status).toBe(409);
  expect((await post(stack, {}, { key: operator.token })).status).toBe(403);

  expect(await newest()).toEqual(before);
});

describe('the list', () => {
  test('comes in pages, newest first, without a gap', async () => {
    const { items: all } = await audit('?limit=500');
    expect(all.map(({ id }) => Number(id))).toEqual(
      all.map(({ id }) => Number(id)).toSorted((a, b) => b - a),
    );

    const paged: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const next = await audit(`?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      paged.push(...next.items);
      cursor = next.nextCursor;
    }

    expect(paged).toEqual(all);
  });

  test('is narrowed down by caller, action, client and time', async () => {
    const { clientId } = await stack.provision();
    const { items: all } = await audit('?limit=500');
    const middle = all[Math.floor(all.length / 2)]?.at ?? '';
    const kept = async (query: string, isSo: (row: (typeof all)[number]) => boolean) => {
      const { items } = await audit(`?limit=500&${query}`);
      expect(items.length).toBeGreaterThan(0);
      expect(items.length).toBeLessThan(all.length);
      expect(items).toEqual(all.filter(isSo));
    };

    await kept(`by=key:${operator.id}`, ({ by }) => by === `key:${operator.id}`);
    await kept('action=cancelled', ({ action }) => action === 'cancelled');
    await kept(`clientId=${clientId}`, (row) => row.clientId === clientId);
    await kept('action=provisioned&by=admin-key', ({ action }) => action === 'provisioned');
    const { rows } = await stack.pool.query<{ id: string }>(
      'select id::text from ledger.audit where at >= $1 and at < $2 order by at desc, id desc',
      [middle, all[1]?.at],
    );
    const { items } = await audit(`?limit=500&since=${middle}&until=${all[1]?.at}`);
    expect(items.length).toBeGreaterThan(0);
    expect(items.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
  });

  test.each([
    'action=none',
    'by=a%20b',
    'by=',
    'clientId=A',
    'since=yesterday',
    'since=0001-01-01T00:00:00%2B23:59',
    'until=2026-13-01T00:00:00Z',
    'limit=0',
    'limit=501',
    'cursor=x',
    'unknown=1',
  ])('400 for ?%s', async (query) => {
    const response = await stack.call(`/api/audit?${query}`);

    expect(response.status).toBe(400);
    expect((await problemOf(response)).code).toBe('invalid-request');
  });
});

describe('as CSV', () => {
  const csv = async (query = '') => {
    const response = await stack.call(`/api/audit${query}`, { headers: { accept: 'text/csv' } });
    return { response, lines: (await response.text()).split('\r\n') };
  };

  test('it is a file with all rows, however many pages that takes, and the same filters', async () => {
    await stack.pool.query(
      `insert into ledger.audit (by, action) select 'many', 'signed-in' from generate_series(1, 1234)`,
    );

    const { response, lines } = await csv('?by=many&limit=1');

    expect(response.headers.get('content-type')).toMatch(/^text\/csv\b/);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="audit.csv"');
    expect(lines[0]).toBe('id,at,by,action,clientId,provisioningId,address,detail');
    expect(lines.at(-1)).toBe('');
    const ids = lines.slice(1, -1).map((line) => Number(line.split(',')[0]));
    expect(ids).toHaveLength(1234);
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => b - a));
  });

  test('cells are quoted as RFC 4180 has it', async () => {
    const { id } = await stack.provision();
    const reason = 'he said "no", twice';
    await post(stack, { reason }, { path: `/api/provisioning/${id}/cancel` });

    const { lines } = await csv('?action=cancelled');

    expect(lines[1]?.endsWith(`,127.0.0.1,"{""reason"":""he said \\""no\\"", twice""}"`)).toBe(true);
  });

  const row = { id: '1', at: new Date(0), action: 'signed-in', detail: {} } as const;
  const nothing = { client_id: undefined, provisioning_id: undefined, address: undefined };
  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '=1,"x"'])(
    'a cell that begins like a formula is none in a spreadsheet: %j',
    (by) => {
      const cell = auditCsvLine({ ...row, ...nothing, by }).split('Z,')[1] ?? '';

      expect(cell).toMatch(/^"?'/);
    },
  );

  test('other cells are left as they are', () => {
    expect(auditCsvLine({ ...row, ...nothing, by: 'jwt:a=b' })).toBe(
      '1,1970-01-01T00:00:00.000Z,jwt:a=b,signed-in,,,,{}\r\n',
    );
  });
});

test('nobody but operators and admins reads it', async () => {
  for (const role of ['viewer', 'provisioner'] as const) {
    const { token } = await makeKey(stack, role);
    for (const accept of ['application/json', 'text/csv'])
      expect((await stack.call('/api/audit', { key: token, headers: { accept } })).status).toBe(403);
  }
  for (const { token } of [operator, admin])
    expect((await stack.call('/api/audit', { key: token })).status).toBe(200);
});

test('the address of a caller is told to nobody else: histories do not have it', async () => {
  const { id } = await stack.provision();
  await post(stack, { reason: 'a wish' }, { path: `/api/provisioning/${id}/cancel` });

  const events = await (await stack.call(`/api/provisioning/${id}/events`)).text();

  expect(events).toContain('a wish');
  expect(events).not.toContain('"address"');
});

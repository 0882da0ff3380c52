import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/server/idempotency.ts';
import { newClientId, type ShownProvisioning, type Stack } from '../helpers/stack.ts';
import { countRows, moveTo, order, post, problemOf, startApi } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startApi();
});
afterAll(() => stack?.stop());

const send = (body: unknown, key: string, path = '/api/provisioning') =>
  post(stack, body, { path, headers: { 'idempotency-key': key } });
const ageAnswer = (key: string, age: string) =>
  stack.pool.query(
    'update ledger.idempotency_keys set created_at = clock_timestamp() - $2::interval where key = $1',
    [key, age],
  );

describe('a request that carries an Idempotency-Key', () => {
  test('is answered with the first answer again: status, Location and body, and a new request id', async () => {
    const body = order();
    const first = await send(body, 'again');
    const second = await send(body, 'again');

    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(await second.text()).toBe(await first.text());
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
  });

  test('is answered as at first although the provisioning has moved on since', async () => {
    const body = order();
    const first = (await (await send(body, 'moved')).json()) as ShownProvisioning;
    await moveTo(stack, first.id, ['running', 'none'], ['succeeded', 'none']);

    const replayed = (await (await send(body, 'moved')).json()) as ShownProvisioning;
    expect(replayed).toEqual(first);
    expect(await stack.show(first.id)).toMatchObject({ status: 'succeeded' });
  });

  test('is the same whatever the order of its members and the space between them', async () => {
    const body = order();
    const first = (await (await send(body, 'spelled')).json()) as ShownProvisioning;
    const turned = JSON.stringify(Object.fromEntries(Object.entries(body).toReversed()), undefined, 3);
    const second = await send(turned, 'spelled');
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await second.json()).toEqual(first);
  });

  test('with another body is 422, and makes nothing', async () => {
    await send(order(), 'reused');
    const before = await countRows(stack);
    const response = await send(order(), 'reused');
    expect(response.status).toBe(422);
    expect((await problemOf(response)).code).toBe('idempotency-key-reused');
    expect(await countRows(stack)).toBe(before);
  });

  test('a hundred times at once makes one provisioning; each is told of it, or that it is under way', async () => {
    const body = order({ clientId: newClientId() });
    const before = await countRows(stack);
    const responses = await Promise.all(Array.from({ length: 100 }, () => send(body, 'crowd')));
    expect(await countRows(stack)).toBe(before + 1);

    const told = await Promise.all(
      responses.map(async (response) =>
        response.status === 202
          ? ((await response.json()) as ShownProvisioning).id
          : (await problemOf(response)).code,
      ),
    );
    const ids = new Set(told.filter((one) => one !== 'idempotency-in-flight'));
    expect(ids.size).toBe(1);
  });

  test('is 409 with Retry-After while the first is under way', async () => {
    const client = await stack.pool.connect();
    try {
      await client.query('begin');
      const body = order();
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
        JSON.stringify(['idempotency-key', 'admin-key', 'held']),
      ]);
      const response = await send(body, 'held');
      expect(response.status).toBe(409);
      expect(response.headers.get('retry-after')).toBe('1');
      expect((await problemOf(response)).code).toBe('idempotency-in-flight');
      await client.query('rollback');
      expect((await send(body, 'held')).status).toBe(202);
    } finally {
      client.release();
    }
  });

  test('keeps no answer but a 2xx: what was refused may be sent again with its key', async () => {
    const { clientId } = await stack.provision();
    expect((await send(order({ clientId }), 'refused')).status).toBe(409);
    expect((await send(order({ tier: 'gold' }), 'refused')).status).toBe(400);
    const accepted = await send(order(), 'refused');
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('idempotency-replayed')).toBeNull();
  });

  test('is new again after 24 hours, and not before', async () => {
    const body = order();
    const first = (await (await send(body, 'old')).json()) as ShownProvisioning;
    await ageAnswer('old', '23 hours 59 minutes');
    expect(((await (await send(body, 'old')).json()) as ShownProvisioning).id).toBe(first.id);
    await ageAnswer('old', '24 hours 1 second');
    const response = await send(body, 'old');
    expect((await problemOf(response)).code).toBe('client-busy');
  });
});

test.each([
  ['longer than 255 characters', 'x'.repeat(256)],
  ['not ASCII', 'sch\u00f6n'],
])('a key that is %s is 400', async (_name, key) => {
  const response = await send(order(), key);
  expect(response.status).toBe(400);
  expect((await problemOf(response)).errors?.[0]?.pointer).toBe('Idempotency-Key');
});

test('a key of 255 characters is taken', async () => {
  const body = order();
  const key = 'k'.repeat(255);
  expect((await send(body, key)).status).toBe(202);
  expect((await send(body, key)).headers.get('idempotency-replayed')).toBe('true');
});

test('values that differ are never the same text', () => {
  const values = [
    null,
    1,
    '1',
    [1],
    ['1'],
    {},
    [],
    { a: 1 },
    { a: '1' },
    { a: [1] },
    { b: 1 },
    { 'a:1': 1 },
    [[1], 2],
    [[1, 2]],
  ];
  expect(new Set(values.map(canonicalJson)).size).toBe(values.length);
  expect(canonicalJson({ b: 1, a: { d: 2, c: 3 } })).toBe(canonicalJson({ a: { c: 3, d: 2 }, b: 1 }));
});

/** `/api/keys`: an admin makes, lists and revokes keys, and nobody sees one twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { keysAnswer, newKeyAnswer } from '../../src/api/keys.ts';
import { roles } from '../../src/ledger/roles.ts';
import type { Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { makeKey, post, problemOf, startApi } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startApi();
});
afterAll(() => stack?.stop());

const make = (body: unknown, key?: string) =>
  post(stack, body, { path: '/api/keys', ...(key === undefined ? {} : { key }) });
const revoke = (id: string, key?: string) =>
  stack.call(`/api/keys/${id}`, { method: 'DELETE', ...(key === undefined ? {} : { key }) });
async function made(body: unknown): Promise<z.infer<typeof newKeyAnswer>> {
  const response = await make(body);
  expect(response.status).toBe(201);
  return newKeyAnswer.parse(await response.json());
}
async function listed(id: string) {
  const { items } = keysAnswer.parse(await (await stack.call('/api/keys')).json());
  return items.find((item) => item.id === id);
}
const actsOn = async (id: string) => {
  const { rows } = await stack.pool.query<{ by: string; action: string; address: string }>(
    `select by, action, address from ledger.audit where detail->>'key' = $1 order by id`,
    [id],
  );
  return rows;
};

describe('a key that is made', () => {
  test.each(roles)('has the role that was asked for: %s', async (role) => {
    const { key, id } = await made({ name: 'Ines', role });

    expect(key.startsWith(`cpk_${id}_`)).toBe(true);
    expect((await stack.call('/api/provisioning', { key })).status).toBe(200);
    expect((await stack.call('/api/keys', { key })).status).toBe(role === 'admin' ? 200 : 403);
  });

  test('is shown once, to nobody on the way, and kept nowhere', async () => {
    const response = await make({ name: 'Ines', role: 'viewer' });
    const { id, key } = newKeyAnswer.parse(await response.json());
    const secret = key.split('_').slice(2).join('_');

    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await (await stack.call('/api/keys')).text()).not.toContain(secret);
    const { rows } = await stack.pool.query<{ row: string }>(
      'select k::text as row from ledger.api_keys k union all select a::text from ledger.audit a',
    );
    expect(rows.map(({ row }) => row).join('\n')).not.toContain(secret);
    expect(stack.logLines.join('\n')).not.toContain(secret);
    expect(await actsOn(id)).toEqual([{ by: 'admin-key', action: 'made-key', address: '127.0.0.1' }]);
  });

  test('is in the list, and lasts as long as was asked for', async () => {
    const days = await made({ name: 'for a while', role: 'operator', expiresInDays: 2 });
    const ever = await made({ name: 'for good', role: 'viewer' });

    expect(await listed(ever.id)).toMatchObject({ name: 'for good', state: 'usable', expiresAt: null });
    const shown = await listed(days.id);
    expect(shown).toMatchObject({ name: 'for a while', role: 'operator', revokedAt: null });
    const lastsMs = Date.parse(shown?.expiresAt ?? '') - Date.parse(shown?.createdAt ?? '');
    expect(Math.abs(lastsMs - 2 * 24 * 3_600_000)).toBeLessThan(1000);
  });

  test.each([
    { role: 'viewer' },
    { name: '', role: 'viewer' },
    { name: ' ', role: 'viewer' },
    { name: 'a\nb', role: 'viewer' },
    { name: 'x'.repeat(101), role: 'viewer' },
    { name: 'x' },
    { name: 'x', role: 'owner' },
    { name: 'x', role: 'viewer', expiresInDays: 0 },
    { name: 'x', role: 'viewer', expiresInDays: 3651 },
    { name: 'x', role: 'viewer', expiresInDays: 1.5 },
    { name: 'x', role: 'viewer', expiresInDays: '1' },
    { name: 'x', role: 'viewer', key: 'mine' },
  ])('is not made of %j', async (body) => {
    const response = await make(body);

    expect(response.status).toBe(400);
    expect((await problemOf(response)).code).toBe('invalid-request');
  });
});

describe('a key that is revoked', () => {
  test('opens nothing any more, stays in the list, and is written down once', async () => {
    const { id, key } = await made({ name: 'Ines', role: 'viewer' });

    expect((await revoke(id)).status).toBe(204);
    expect((await revoke(id)).status).toBe(204);

    await until(
      async () => (await stack.call('/api/provisioning', { key })).status === 401 || undefined,
      'the key to open nothing',
    );
    expect(await listed(id)).toMatchObject({ state: 'revoked' });
    expect((await actsOn(id)).map(({ action }) => action)).toEqual(['made-key', 'revoked-key']);
  });

  test('five times at once is revoked once', async () => {
    const { id } = await makeKey(stack, 'viewer');

    const statuses = await Promise.all(Array.from({ length: 5 }, async () => (await revoke(id)).status));

    expect(statuses).toEqual([204, 204, 204, 204, 204]);
    expect((await actsOn(id)).map(({ action }) => action)).toEqual(['made-key', 'revoked-key']);
  });

  test.each(['000000000000', 'x', 'ABCDEF012345', '0000000000000'])('404 for %s', async (id) => {
    const response = await revoke(id);

    expect(response.status).toBe(404);
    expect((await problemOf(response)).code).toBe('not-found');
  });

  test('is never the one that the request was made with', async () => {
    const { id, token } = await makeKey(stack, 'admin');

    const response = await revoke(id, token);

    expect(response.status).toBe(409);
    expect((await problemOf(response)).code).toBe('own-key');
    expect(await listed(id)).toMatchObject({ state: 'usable' });
  });
});

/** Keys of the ledger: what opens the API, and what does not any more. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { revokeApiKey } from '../../src/ledger/api-keys.ts';
import { commandActor } from '../../src/ledger/audit.ts';
import { createKeyLookup } from '../../src/server/auth/key-lookup.ts';
import { openPool } from '../../src/ledger/pool.ts';
import type { Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { makeKey, problemOf, startApi } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startApi();
});
afterAll(() => stack?.stop());

const statusWith = async (key: string) => (await stack.call('/api/provisioning', { key })).status;

/** By SQL: an expiry that the command would not give. */
async function expireIn(id: string, seconds: number): Promise<void> {
  await stack.pool.query(
    `update ledger.api_keys set expires_at = clock_timestamp() + $2 * interval '1 second' where id = $1`,
    [id, seconds],
  );
}

test.each(['viewer', 'operator', 'admin'] as const)('a key of a %s opens the API', async (role) => {
  const { token } = await makeKey(stack, role);

  expect(await statusWith(token)).toBe(200);
});

describe('401 for a key', () => {
  const changes: readonly [string, (token: string, otherId: string) => string][] = [
    ['without its secret', (token) => token.slice(0, 17)],
    ['without its prefix', (token) => token.slice(4)],
    ['in upper case', (token) => token.toUpperCase()],
    ['with a character less', (token) => token.slice(0, -1)],
    ['with a character more', (token) => `${token}A`],
    ['with another first character of its secret', (token) => changed(token, 17)],
    ['with another last character of its secret', (token) => changed(token, 59)],
    ['with the id of another key', (token, otherId) => `cpk_${otherId}_${token.slice(17)}`],
    ['with an id that nobody has', (token) => `cpk_ffffffffffff_${token.slice(17)}`],
    ['with another separator', (token) => token.replaceAll('_', '-')],
  ];
  test.each(changes)('%s', async (_name, change) => {
    const [{ token }, other] = await Promise.all([makeKey(stack, 'admin'), makeKey(stack, 'admin')]);
    const wrong = change(token, other.id);

    expect(wrong).not.toBe(token);
    expect(await statusWith(wrong)).toBe(401);
    expect(await statusWith(token)).toBe(200);
    expect(await statusWith(wrong)).toBe(401);
  });

  test('whose secret is other text for the same bytes', async () => {
    const { token } = await makeKey(stack, 'admin');
    const bytes = (text: string) => Buffer.from(text.slice(17), 'base64url').toString('hex');
    const alphabet = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
    const twins = alphabet
      .map((character) => token.slice(0, -1) + character)
      .filter((text) => text !== token && bytes(text) === bytes(token));

    expect(twins.length).toBeGreaterThan(0);
    for (const twin of twins) expect(await statusWith(twin)).toBe(401);
  });

  test('that has expired', async () => {
    const { id, token } = await makeKey(stack, 'admin');
    await expireIn(id, -1);

    const response = await stack.call('/api/provisioning', { key: token });

    expect(response.status).toBe(401);
    expect((await problemOf(response)).code).toBe('unauthorized');
  });

  test('that expires, from that moment on, though it was used right before', async () => {
    const { id, token } = await makeKey(stack, 'admin');
    await expireIn(id, 1);
    expect(await statusWith(token)).toBe(200);

    await until(async () => {
      const { rows } = await stack.pool.query<{ is_over: boolean }>(
        'select expires_at < clock_timestamp() as is_over from ledger.api_keys where id = $1',
        [id],
      );
      return rows[0]?.is_over === true || undefined;
    }, 'the key to expire');

    expect(await statusWith(token)).toBe(401);
  });
});

test('a revoked key opens nothing that is asked for two seconds after', async () => {
  const { id, token } = await makeKey(stack, 'admin');
  expect(await statusWith(token)).toBe(200);

  await revokeApiKey(stack.pool, id, commandActor);
  const revokedAt = performance.now();

  const openedAt: number[] = [];
  await until(async () => {
    const askedAt = performance.now() - revokedAt;
    const status = await statusWith(token);
    if (status === 200) openedAt.push(askedAt);
    return status === 401 || undefined;
  }, 'the key to open nothing');
  expect(Math.max(0, ...openedAt)).toBeLessThan(2000);
});

test('a key revoked once cannot be given back, and none is deleted', async () => {
  const { id } = await makeKey(stack, 'viewer');
  await revokeApiKey(stack.pool, id, commandActor);

  await expect(
    stack.pool.query('update ledger.api_keys set revoked_at = null where id = $1', [id]),
  ).rejects.toThrow('neither deleted nor given back');
  await expect(stack.pool.query('delete from ledger.api_keys where id = $1', [id])).rejects.toThrow(
    'neither deleted nor given back',
  );
});

test('nothing in the database opens anything', async () => {
  const { token } = await makeKey(stack, 'admin');
  const secret = token.slice(17);

  const { rows } = await stack.pool.query<{ row: string }>(
    `select k::text || encode(verifier, 'escape') || encode(verifier, 'base64') as row from ledger.api_keys k`,
  );
  const content = rows.map(({ row }) => row).join('\n');
  expect(content).not.toContain(secret);
  expect(content).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
});

test('when a key was last used is written once a minute at most', async () => {
  const { id, token } = await makeKey(stack, 'viewer');
  const lastUse = async () => {
    const { rows } = await stack.pool.query<{ last_used_at: Date | null }>(
      'select last_used_at from ledger.api_keys where id = $1',
      [id],
    );
    return rows[0]?.last_used_at?.getTime();
  };
  expect(await lastUse()).toBeUndefined();
  await statusWith(`${token.slice(0, -2)}AA`);
  expect(await lastUse()).toBeUndefined();

  await statusWith(token);
  const first = await lastUse();
  expect(first).toBeGreaterThan(0);
  await statusWith(token);
  expect(await lastUse()).toBe(first);

  await stack.pool.query(
    `update ledger.api_keys set last_used_at = last_used_at - interval '2 minutes' where id = $1`,
    [id],
  );
  await until(async () => {
    await statusWith(token);
    return ((await lastUse()) ?? 0) >= (first ?? Infinity) || undefined;
  }, 'the use to be written again');
});

test('many requests at once with one key cost one look at the database', async () => {
  const { id } = await makeKey(stack, 'viewer');
  const pool = openPool({ url: stack.environment['DATABASE_URL'] ?? '', onError: () => {} });
  let looks = 0;
  pool.on('acquire', () => (looks += 1));
  const lookup = createKeyLookup(pool);

  const found = await Promise.all(Array.from({ length: 100 }, () => lookup.find(id)));

  expect(new Set(found.map((key) => key?.role))).toEqual(new Set(['viewer']));
  expect(looks).toBe(1);
  await pool.end();
});

test('the history of a provisioning names the key that has acted', async () => {
  const { id, token } = await makeKey(stack, 'operator');
  const { id: provisioningId } = await stack.provision();

  const response = await stack.call(`/api/provisioning/${provisioningId}/cancel`, {
    method: 'POST',
    key: token,
  });

  expect(response.status).toBe(202);
  const { rows } = await stack.pool.query<{ event: string }>(
    'select e::text as event from ledger.events e where provisioning_id = $1',
    [provisioningId],
  );
  expect(rows.map(({ event }) => event).join('\n')).toContain(`key:${id}`);
});

function changed(text: string, position: number): string {
  const other = text[position] === 'A' ? 'g' : 'A';
  return text.slice(0, position) + other + text.slice(position + 1);
}

import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EncryptionKey } from '../../src/config.ts';
import { listKeyIdsInUse, rotateSecrets } from '../../src/ledger/secret-rotation.ts';
import { loadSecret } from '../../src/ledger/secrets.ts';
import { encryptedDirectly, startLedger, type TestLedger, keepSecret } from './support.ts';

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await startLedger();
});
afterEach(() => ledger?.stop());

const newKey = (id: string): EncryptionKey => ({ id, key: randomBytes(32) });
const [first, second, third] = [newKey('first'), newKey('second'), newKey('third')];

/** As many secrets of one provisioning, named and worth `0`, `1`, … */
async function store(keys: readonly EncryptionKey[], count: number): Promise<string> {
  const provisioningId = await ledger.accept();
  for (let index = 0; index < count; index += 1)
    await keepSecret(ledger.pool, keys, { provisioningId, name: String(index) }, `value ${index}`);
  return provisioningId;
}

async function valuesOf(keys: readonly EncryptionKey[], provisioningId: string, count: number) {
  const values = [];
  for (let index = 0; index < count; index += 1)
    values.push(await loadSecret(ledger.pool, keys, { provisioningId, name: String(index) }));
  return values;
}

test('every secret is encrypted with the first key, and old keys are needed no more', async () => {
  const [ofFirst, ofSecond] = [await store([first], 130), await store([second], 120)];
  const ofThird = await store([third], 3);

  expect(await rotateSecrets(ledger.pool, [third, second, first])).toEqual({
    rotated: 250,
    unreadable: new Map(),
  });

  expect(await listKeyIdsInUse(ledger.pool)).toEqual(['third']);
  for (const [id, count] of [
    [ofFirst, 130],
    [ofSecond, 120],
    [ofThird, 3],
  ] as const)
    expect(await valuesOf([third], id, count)).toEqual(
      Array.from({ length: count }, (_, index) => `value ${index}`),
    );
});

test('it can be repeated, and changes nothing then', async () => {
  await store([first], 3);
  await rotateSecrets(ledger.pool, [second, first]);
  const rows = 'select string_agg(s::text, chr(10) order by name) as text from ledger.secrets s';
  const before = await ledger.first(rows);

  expect(await rotateSecrets(ledger.pool, [second, first])).toMatchObject({ rotated: 0 });
  expect(await ledger.first(rows)).toEqual(before);
});

test('two at once do no harm', async () => {
  const id = await store([first], 150);

  const [one, other] = await Promise.all([
    rotateSecrets(ledger.pool, [second, first]),
    rotateSecrets(ledger.pool, [second, first]),
  ]);

  expect(one.rotated + other.rotated).toBe(150);
  expect(await valuesOf([second], id, 150)).not.toContain(undefined);
});

test('a secret whose key is missing, or that was tampered with, is counted and left as it is', async () => {
  const [lost, good] = [await store([third], 2), await store([first], 101)];
  await ledger.pool.query(
    `update ledger.secrets set envelope = split_part(envelope, '.', 1) || '.tampered.with.this.one'
     where provisioning_id = $1 and name = '0'`,
    [good],
  );

  expect(await rotateSecrets(ledger.pool, [second, first])).toEqual({
    rotated: 100,
    unreadable: new Map([
      ['first', 1],
      ['third', 2],
    ]),
  });

  expect(await listKeyIdsInUse(ledger.pool)).toEqual(['first', 'second', 'third']);
  expect(await valuesOf([third], lost, 2)).toEqual(['value 0', 'value 1']);
});

test('what was stored before there were envelopes gets one, under the same key too', async () => {
  const provisioningId = await store([first], 2);
  const secret = { provisioningId, name: '0' };
  await ledger.pool.query(
    'update ledger.secrets set envelope = $2 where provisioning_id = $1 and name = $3',
    [provisioningId, encryptedDirectly(first, secret, 'of old'), secret.name],
  );

  expect(await rotateSecrets(ledger.pool, [first])).toEqual({ rotated: 1, unreadable: new Map() });

  expect(await loadSecret(ledger.pool, [first], secret)).toBe('of old');
  expect(
    await ledger.first(`select count(*)::int as count from ledger.secrets where envelope like 'direct.%'`),
  ).toEqual({ count: 0 });
});

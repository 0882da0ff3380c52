import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EncryptionKey } from '../../src/config.ts';
import { loadSecret, storeSecret } from '../../src/ledger/secrets.ts';
import { startLedger, type TestLedger } from './support.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger?.stop());

const newKey = (id: string): EncryptionKey => ({ id, key: randomBytes(32) });
const old = newKey('old');
const keys = [newKey('new'), old];
const plain = 'a password: pä$$"w\\rd';

test('a secret is read back as it was kept', async () => {
  const secret = { provisioningId: await ledger.accept(), name: 'database-password' };

  for (const value of [plain, '', 'x'.repeat(10_000)]) {
    await storeSecret(ledger.pool, keys, secret, value);
    expect(await loadSecret(ledger.pool, keys, secret)).toBe(value);
  }
  expect(await loadSecret(ledger.pool, keys, { ...secret, name: 'another' })).toBeUndefined();
});

test('nothing of it is in the database in the clear', async () => {
  const secret = { provisioningId: await ledger.accept(), name: 'token' };
  await storeSecret(ledger.pool, keys, secret, plain);

  const { row } = await ledger.first<{ row: string }>(
    `select s::text || encode(ciphertext, 'escape') || encode(nonce, 'escape') || encode(tag, 'escape') as row
     from ledger.secrets s where provisioning_id = $1`,
    [secret.provisioningId],
  );

  expect(row).not.toContain(plain);
  expect(row).not.toContain(Buffer.from(plain).toString('hex'));
  expect(row).not.toContain('password:');
});

test('the same secret kept twice looks different', async () => {
  const ids = [await ledger.accept(), await ledger.accept()];
  for (const provisioningId of ids)
    await storeSecret(ledger.pool, keys, { provisioningId, name: 'token' }, plain);

  const { count } = await ledger.first<{ count: number }>(
    `select count(distinct ciphertext)::int as count from ledger.secrets where provisioning_id = any($1)`,
    [ids],
  );

  expect(count).toBe(2);
});

test('the first key encrypts, every key decrypts, and a key that is gone is named', async () => {
  const secret = { provisioningId: await ledger.accept(), name: 'token' };
  await storeSecret(ledger.pool, [old], secret, plain);

  expect(await loadSecret(ledger.pool, keys, secret)).toBe(plain);
  await expect(loadSecret(ledger.pool, keys.slice(0, 1), secret)).rejects.toThrow('no key "old"');
  await storeSecret(ledger.pool, keys, secret, 'another');
  expect(
    await ledger.first('select key_id from ledger.secrets where provisioning_id = $1', [
      secret.provisioningId,
    ]),
  ).toEqual({ key_id: 'new' });
  expect(await loadSecret(ledger.pool, keys.slice(0, 1), secret)).toBe('another');
});

test('another key of the same id does not decrypt', async () => {
  const secret = { provisioningId: await ledger.accept(), name: 'token' };
  await storeSecret(ledger.pool, keys, secret, plain);

  await expect(loadSecret(ledger.pool, [newKey('new')], secret)).rejects.toThrow(
    'unable to authenticate data',
  );
});

test.each(['ciphertext', 'nonce', 'tag'])(
  'a row whose %s was tampered with does not decrypt',
  async (column) => {
    const secret = { provisioningId: await ledger.accept(), name: 'token' };
    await storeSecret(ledger.pool, keys, secret, plain);

    await ledger.pool.query(
      `update ledger.secrets set ${column} = set_byte(${column}, 3, get_byte(${column}, 3) # 1) where provisioning_id = $1`,
      [secret.provisioningId],
    );

    await expect(loadSecret(ledger.pool, keys, secret)).rejects.toThrow('unable to authenticate data');
  },
);

test('a row moved to another name or another provisioning does not decrypt', async () => {
  const secret = { provisioningId: await ledger.accept(), name: 'token' };
  const other = await ledger.accept();
  await storeSecret(ledger.pool, keys, secret, plain);
  await ledger.pool.query(
    `insert into ledger.secrets (provisioning_id, name, key_id, nonce, ciphertext, tag)
     select moved.id, moved.name, key_id, nonce, ciphertext, tag
     from ledger.secrets s, (values ($1::uuid, 'other'), ($2::uuid, 'token')) as moved (id, name)
     where s.provisioning_id = $1 and s.name = 'token'`,
    [secret.provisioningId, other],
  );

  await expect(loadSecret(ledger.pool, keys, { ...secret, name: 'other' })).rejects.toThrow(
    'unable to authenticate data',
  );
  await expect(loadSecret(ledger.pool, keys, { provisioningId: other, name: 'token' })).rejects.toThrow(
    'unable to authenticate data',
  );
  expect(await loadSecret(ledger.pool, keys, secret)).toBe(plain);
});

import { randomBytes } from 'node:crypto';
import { compactDecrypt, CompactEncrypt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EncryptionKey } from '../../src/config.ts';
import { loadSecret, type SecretKey } from '../../src/ledger/secrets.ts';
import { encryptedDirectly, startLedger, type TestLedger, keepSecret } from './support.ts';

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
    await keepSecret(ledger.pool, keys, secret, value);
    expect(await loadSecret(ledger.pool, keys, secret)).toBe(value);
  }
  expect(await loadSecret(ledger.pool, keys, { ...secret, name: 'another' })).toBeUndefined();
});

test('nothing of it is in the database in the clear', async () => {
  const secret = { provisioningId: await ledger.accept(), name: 'token' };
  await keepSecret(ledger.pool, keys, secret, plain);

  const { row } = await ledger.first<{ row: string }>(
    'select s::text as row from ledger.secrets s where provisioning_id = $1',
    [secret.provisioningId],
  );

  expect(row).not.toContain(plain);
  expect(row).not.toContain(Buffer.from(plain).toString('hex'));
  expect(row).not.toContain(Buffer.from(plain).toString('base64url'));
  expect(row).not.toContain('password:');
});

test('the same secret kept twice looks different', async () => {
  const ids = [await ledger.accept(), await ledger.accept()];
  for (const provisioningId of ids)
    await keepSecret(ledger.pool, keys, { provisioningId, name: 'token' }, plain);

  const { count } = await ledger.first<{ count: number }>(
    `select count(distinct envelope)::int as count from ledger.secrets where provisioning_id = any($1)`,
    [ids],
  );

  expect(count).toBe(2);
});

test('the first key encrypts, every key decrypts, and a key that is gone is named', async () => {
  const secret = { provisioningId: await ledger.accept(), name: 'token' };
  await keepSecret(ledger.pool, [old], secret, plain);

  expect(await loadSecret(ledger.pool, keys, secret)).toBe(plain);
  await expect(loadSecret(ledger.pool, keys.slice(0, 1), secret)).rejects.toThrow('no key "old"');
  await keepSecret(ledger.pool, keys, secret, 'another');
  expect(
    await ledger.first('select key_id from ledger.secrets where provisioning_id = $1', [
      secret.provisioningId,
    ]),
  ).toEqual({ key_id: 'new' });
  expect(await loadSecret(ledger.pool, keys.slice(0, 1), secret)).toBe('another');
});

test('another key of the same id does not decrypt', async () => {
  const secret = { provisioningId: await ledger.accept(), name: 'token' };
  await keepSecret(ledger.pool, keys, secret, plain);

  await expect(loadSecret(ledger.pool, [newKey('new')], secret)).rejects.toThrow('does not decrypt');
});

test.each([
  ['header', 0, 'not allowed'],
  ['wrapped key', 1, 'does not decrypt'],
  ['nonce', 2, 'does not decrypt'],
  ['ciphertext', 3, 'does not decrypt'],
  ['tag', 4, 'does not decrypt'],
] as const)('an envelope whose %s was tampered with does not decrypt', async (_name, part, why) => {
  const secret = { provisioningId: await ledger.accept(), name: 'token' };
  await keepSecret(ledger.pool, keys, secret, plain);

  const parts = (await envelopeOf(secret)).split('.').map((text) => Buffer.from(text, 'base64url'));
  const bytes = parts[part] ?? Buffer.alloc(0);
  bytes.writeUInt8(bytes.readUInt8(3) ^ 1, 3);
  await putEnvelope(secret, parts.map((bytesOfPart) => bytesOfPart.toString('base64url')).join('.'));

  await expect(loadSecret(ledger.pool, keys, secret)).rejects.toThrow(why);
});

test('a row moved to another name or another provisioning does not decrypt', async () => {
  const secret = { provisioningId: await ledger.accept(), name: 'token' };
  const elsewhere = [
    { ...secret, name: 'other' },
    { provisioningId: await ledger.accept(), name: 'token' },
  ];
  await keepSecret(ledger.pool, keys, secret, plain);
  for (const target of elsewhere) {
    await keepSecret(ledger.pool, keys, target, 'its own');
    await putEnvelope(target, await envelopeOf(secret));
    await expect(loadSecret(ledger.pool, keys, target)).rejects.toThrow('not of the row');
  }
  expect(await loadSecret(ledger.pool, keys, secret)).toBe(plain);
});

test.each([
  ['without a wrapped key', 'dir', 'A256GCM'],
  ['wrapped in another way', 'A256KW', 'A256GCM'],
  ['encrypted in another way', 'A256GCMKW', 'A256CBC-HS512'],
  ['wrapped with a password', 'PBES2-HS256+A128KW', 'A256GCM'],
])('an envelope %s is refused, although the key fits', async (_name, alg, enc) => {
  const secret = { provisioningId: await ledger.accept(), name: 'token' };
  await keepSecret(ledger.pool, keys, secret, plain);
  const row = `${secret.provisioningId}/${secret.name}`;
  const [current] = keys;
  const envelope = await new CompactEncrypt(new TextEncoder().encode('chosen by somebody else'))
    .setProtectedHeader({ alg, enc, kid: 'new', row })
    .encrypt(current?.key ?? new Uint8Array());
  await putEnvelope(secret, envelope);

  await expect(loadSecret(ledger.pool, keys, secret)).rejects.toThrow('not allowed');
});

test('its form is that of a standard: a library for it reads what we write, and we read what it has written', async () => {
  const secret = { provisioningId: await ledger.accept(), name: 'token' };
  const [current = newKey('none')] = keys;
  await keepSecret(ledger.pool, keys, secret, plain);

  const { plaintext, protectedHeader } = await compactDecrypt(await envelopeOf(secret), current.key);
  expect(new TextDecoder().decode(plaintext)).toBe(plain);

  const theirs = await new CompactEncrypt(new TextEncoder().encode('another'))
    .setProtectedHeader({ ...protectedHeader, iv: undefined, tag: undefined })
    .encrypt(current.key);
  await putEnvelope(secret, theirs);
  expect(await loadSecret(ledger.pool, keys, secret)).toBe('another');
});

test('what was stored before there were envelopes is read, and bound to its row as ever', async () => {
  const secret = { provisioningId: await ledger.accept(), name: 'token' };
  await keepSecret(ledger.pool, [old], secret, 'another');
  await putEnvelope(secret, encryptedDirectly(old, secret, plain));
  expect(await loadSecret(ledger.pool, keys, secret)).toBe(plain);

  const other = { ...secret, name: 'other' };
  await keepSecret(ledger.pool, [old], other, 'another');
  await putEnvelope(other, encryptedDirectly(old, secret, plain));
  await expect(loadSecret(ledger.pool, keys, other)).rejects.toThrow('unable to authenticate data');
});

async function envelopeOf({ provisioningId, name }: SecretKey): Promise<string> {
  const { envelope } = await ledger.first<{ envelope: string }>(
    'select envelope from ledger.secrets where provisioning_id = $1 and name = $2',
    [provisioningId, name],
  );
  return envelope;
}

async function putEnvelope({ provisioningId, name }: SecretKey, envelope: string): Promise<void> {
  await ledger.pool.query(
    'update ledger.secrets set envelope = $3 where provisioning_id = $1 and name = $2',
    [provisioningId, name, envelope],
  );
}

/** A provisioning's secrets, encrypted with AES-256-GCM before they reach the database. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { EncryptionKey } from '../config.ts';
import type { Queryable } from './pool.ts';

export const secretRow = z.object({
  key_id: z.string(),
  nonce: z.instanceof(Buffer),
  ciphertext: z.instanceof(Buffer),
  tag: z.instanceof(Buffer),
});
export type SecretRow = z.infer<typeof secretRow>;

export interface SecretKey {
  readonly provisioningId: string;
  readonly name: string;
}

/** The first key encrypts; each row names the key that decrypts it. A row moved elsewhere does not decrypt. */
export async function storeSecret(
  db: Queryable,
  keys: readonly EncryptionKey[],
  secret: SecretKey,
  value: string,
): Promise<void> {
  const { key_id, nonce, ciphertext, tag } = encrypt(keys, secret, value);
  await db.query(
    `insert into ledger.secrets (provisioning_id, name, key_id, nonce, ciphertext, tag)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (provisioning_id, name) do update
       set key_id = excluded.key_id, nonce = excluded.nonce, ciphertext = excluded.ciphertext, tag = excluded.tag`,
    [secret.provisioningId, secret.name, key_id, nonce, ciphertext, tag],
  );
}

/** Undefined: never stored. Throws when the key is gone or the row was tampered with. */
export async function loadSecret(
  db: Queryable,
  keys: readonly EncryptionKey[],
  secret: SecretKey,
): Promise<string | undefined> {
  const { rows } = await db.query(
    'select key_id, nonce, ciphertext, tag from ledger.secrets where provisioning_id = $1 and name = $2',
    [secret.provisioningId, secret.name],
  );
  return rows[0] === undefined ? undefined : decrypt(keys, secret, secretRow.parse(rows[0]));
}

export function encrypt(keys: readonly EncryptionKey[], secret: SecretKey, value: string): SecretRow {
  const [current] = keys;
  if (current === undefined) throw new Error('there is no encryption key');
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', current.key, nonce).setAAD(associatedData(secret));
  const ciphertext = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return { key_id: current.id, nonce, ciphertext, tag: cipher.getAuthTag() };
}

export function decrypt(keys: readonly EncryptionKey[], secret: SecretKey, row: SecretRow): string {
  const key = keys.find(({ id }) => id === row.key_id);
  if (key === undefined)
    throw new Error(`ENCRYPTION_KEYS has no key "${row.key_id}", which a stored secret needs`);
  const decipher = createDecipheriv('aes-256-gcm', key.key, row.nonce, { authTagLength: 16 })
    .setAAD(associatedData(secret))
    .setAuthTag(row.tag);
  return Buffer.concat([decipher.update(row.ciphertext), decipher.final()]).toString('utf8');
}

function associatedData(secret: SecretKey): Buffer {
  return Buffer.from(`${secret.provisioningId}/${secret.name}`);
}

/**
 * A provisioning's secrets, encrypted before they reach the database.
 *
 * Each is in an envelope: encrypted with a key of its own, which one of ENCRYPTION_KEYS wraps. It names the row that it
 * belongs to.
 */
import { createDecipheriv } from 'node:crypto';
import { z } from 'zod';
import type { EncryptionKey } from '../config.ts';
import { open, seal } from './envelope.ts';
import type { Part } from './parts.ts';
import type { Queryable } from './pool.ts';

export const secretRow = z.object({ key_id: z.string(), envelope: z.string() });
export type SecretRow = z.infer<typeof secretRow>;

export interface SecretKey {
  readonly provisioningId: string;
  readonly name: string;
}

/** The first key wraps; each row names the key that unwraps it. A row moved elsewhere does not decrypt. */
export function storeSecret(keys: readonly EncryptionKey[], secret: SecretKey, value: string): Part {
  const { key_id, envelope } = encrypt(keys, secret, value);
  return {
    sql: `insert into ledger.secrets (provisioning_id, name, key_id, envelope) values ($1, $2, $3, $4)
     on conflict (provisioning_id, name) do update set key_id = excluded.key_id, envelope = excluded.envelope`,
    values: [secret.provisioningId, secret.name, key_id, envelope],
  };
}

/** Undefined: never stored. Throws when the key is gone or the row was tampered with. */
export async function loadSecret(
  db: Queryable,
  keys: readonly EncryptionKey[],
  secret: SecretKey,
): Promise<string | undefined> {
  const { rows } = await db.query(
    'select key_id, envelope from ledger.secrets where provisioning_id = $1 and name = $2',
    [secret.provisioningId, secret.name],
  );
  return rows[0] === undefined ? undefined : decrypt(keys, secret, secretRow.parse(rows[0]));
}

/** The values of all secrets of a provisioning. */
export async function loadSecrets(
  db: Queryable,
  keys: readonly EncryptionKey[],
  provisioningId: string,
): Promise<string[]> {
  const { rows } = await db.query(
    'select name, key_id, envelope from ledger.secrets where provisioning_id = $1',
    [provisioningId],
  );
  return z
    .array(secretRow.extend({ name: z.string() }))
    .parse(rows)
    .map(({ name, ...row }) => decrypt(keys, { provisioningId, name }, row));
}

export function encrypt(keys: readonly EncryptionKey[], secret: SecretKey, value: string): SecretRow {
  const [current] = keys;
  if (current === undefined) throw new Error('there is no encryption key');
  return { key_id: current.id, envelope: seal(current.key, { kid: current.id, row: rowOf(secret) }, value) };
}

export function decrypt(
  keys: readonly EncryptionKey[],
  secret: SecretKey,
  { key_id: keyId, envelope }: SecretRow,
): string {
  const key = keys.find(({ id }) => id === keyId);
  if (key === undefined)
    throw new Error(`ENCRYPTION_KEYS has no key "${keyId}", which a stored secret needs`);
  if (envelope.startsWith(directly)) return decryptDirectly(key, secret, envelope);
  const { label, value } = open(key.key, envelope);
  if (label.row !== rowOf(secret) || label.kid !== keyId)
    throw new Error('a stored secret is not of the row that it is in');
  return value;
}

function rowOf(secret: SecretKey): string {
  return `${secret.provisioningId}/${secret.name}`;
}

/** How the form before the envelopes begins (`migrations/0007_envelopes.sql`). */
export const directly = 'direct.';

/** Opens a secret of the time before envelopes: the key itself encrypted it. */
function decryptDirectly({ key }: EncryptionKey, secret: SecretKey, envelope: string): string {
  const [, nonce = '', ciphertext = '', tag = ''] = envelope.split('.');
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'hex'), { authTagLength: 16 })
    .setAAD(Buffer.from(rowOf(secret)))
    .setAuthTag(Buffer.from(tag, 'hex'));
  return Buffer.concat([decipher.update(ciphertext, 'hex'), decipher.final()]).toString('utf8');
}

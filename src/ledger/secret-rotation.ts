/** Re-encrypts stored secrets, so that old encryption keys can be given up. */
import { z } from 'zod';
import type { EncryptionKey } from '../config.ts';
import type { Queryable } from './pool.ts';
import { decrypt, directly, encrypt, secretRow, type SecretKey, type SecretRow } from './secrets.ts';

const batch = 100;

export interface Rotation {
  /** How many are encrypted with the first key now that were not before. */
  readonly rotated: number;
  /** How many cannot be decrypted, by the id of the key that they name. They stay as they are. */
  readonly unreadable: ReadonlyMap<string, number>;
}

/** One after the other, each for itself: it can be interrupted and repeated, and nobody waits for it. */
export async function rotateSecrets(db: Queryable, keys: readonly EncryptionKey[]): Promise<Rotation> {
  const unreadable = new Map<string, number>();
  let rotated = 0;
  let page: readonly StoredSecret[] = [];
  do {
    page = await listSecretsToRotate(db, keys[0]?.id, page.at(-1));
    for (const stored of page) {
      const value = decrypted(keys, stored);
      if (value === undefined) unreadable.set(stored.key_id, (unreadable.get(stored.key_id) ?? 0) + 1);
      else if (await replaceSecret(db, stored, encrypt(keys, stored, value))) rotated += 1;
    }
  } while (page.length === batch);
  return { rotated, unreadable };
}

type StoredSecret = SecretRow & SecretKey;

const storedSecret = secretRow
  .extend({ provisioning_id: z.string(), name: z.string() })
  .transform(({ provisioning_id: provisioningId, ...row }): StoredSecret => ({ provisioningId, ...row }));

async function listSecretsToRotate(
  db: Queryable,
  keyId: string | undefined,
  after: SecretKey | undefined,
): Promise<readonly StoredSecret[]> {
  const { rows } = await db.query(
    `select provisioning_id, name, key_id, envelope from ledger.secrets
     where (key_id <> $1 or starts_with(envelope, $4)) and ($2::uuid is null or (provisioning_id, name) > ($2, $3))
     order by provisioning_id, name limit ${batch}`,
    [keyId, after?.provisioningId, after?.name, directly],
  );
  return storedSecret.array().parse(rows);
}

function decrypted(keys: readonly EncryptionKey[], stored: StoredSecret): string | undefined {
  try {
    return decrypt(keys, stored, stored);
  } catch {
    return undefined;
  }
}

/** False: it was written anew or deleted since it was read, and is left alone. */
async function replaceSecret(db: Queryable, stored: StoredSecret, next: SecretRow): Promise<boolean> {
  const { rowCount } = await db.query(
    `update ledger.secrets set key_id = $4, envelope = $5
     where provisioning_id = $1 and name = $2 and envelope = $3`,
    [stored.provisioningId, stored.name, stored.envelope, next.key_id, next.envelope],
  );
  return rowCount === 1;
}

/** The ids of the keys that stored secrets need. */
export async function listKeyIdsInUse(db: Queryable): Promise<readonly string[]> {
  const { rows } = await db.query<{ key_id: string }>(
    'select distinct key_id from ledger.secrets order by key_id',
  );
  return rows.map(({ key_id }) => key_id);
}

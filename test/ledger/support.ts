/** A migrated database of one test file's own, and provisionings in it. */
import { createCipheriv, randomBytes, randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { EncryptionKey } from '../../src/config.ts';
import type { ClaimRequest } from '../../src/ledger/claims.ts';
import { applyParts } from '../../src/ledger/parts.ts';
import { openPool, type Pool, type Queryable } from '../../src/ledger/pool.ts';
import { acceptProvisioning, type NewProvisioning } from '../../src/ledger/provisionings.ts';
import { storeSecret, type SecretKey } from '../../src/ledger/secrets.ts';
import { createDatabase } from '../helpers/database.ts';
import { newClientId } from '../helpers/stack.ts';

export interface TestLedger {
  readonly url: string;
  readonly pool: Pool;
  /** Accepts a provisioning and returns its id. */
  accept(fields?: Partial<NewProvisioning>): Promise<string>;
  /** Ends the lease of a provisioning, as if it had run out. */
  expire(id: string): Promise<void>;
  /** The first row that a statement gives. */
  first<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row>;
  stop(): Promise<void>;
}

export async function startLedger(): Promise<TestLedger> {
  const database = await createDatabase({ template: inject('templates').ledger });
  const pool = openPool({ url: database.url, onError: () => {} });
  return {
    url: database.url,
    pool,
    async accept(fields = {}) {
      const accepted = await acceptProvisioning(pool, newProvisioning(fields));
      if ('takenBy' in accepted) throw new Error(`the place is taken by ${accepted.takenBy}`);
      if ('keyUse' in accepted) throw new Error('its key was used before');
      return accepted.provisioning.id;
    },
    async expire(id) {
      await pool.query(
        `update ledger.provisionings set lease_until = clock_timestamp() - interval '1 ms' where id = $1`,
        [id],
      );
    },
    async first<Row extends object>(sql: string, values: readonly unknown[] = []) {
      const { rows } = await pool.query<Row>(sql, [...values]);
      const [row] = rows;
      if (row === undefined) throw new Error('there is no row');
      return row;
    },
    async stop() {
      await pool.end();
      await database.drop();
    },
  };
}

export function newProvisioning(fields: Partial<NewProvisioning> = {}): NewProvisioning {
  return {
    id: randomUUID(),
    by: 'test',
    clientId: newClientId(),
    clientName: 'Acme Ltd',
    orgEmail: 'ops@acme.example',
    tier: 'starter',
    callbackUrl: undefined,
    onFailure: 'rollback',
    stepNames: ['first', 'second'],
    sweepAfterMs: 60_000,
    ...fields,
  };
}

/** A claim of the first flow, by a worker that has every step. */
export const claimRequest = (provisioningId: string): ClaimRequest => ({
  provisioningId,
  flow: 1,
  leaseMs: 60_000,
  holder: '1',
  graceMs: 1000,
  stepNames: ['first', 'second'],
});

/** Stores a secret as a step does. */
export async function keepSecret(
  db: Queryable,
  keys: readonly EncryptionKey[],
  secret: SecretKey,
  value: string,
): Promise<void> {
  await applyParts(db, secret.provisioningId, [storeSecret(keys, secret, value)]);
}

/** A secret in the form that was stored before there were envelopes. */
export function encryptedDirectly({ key }: EncryptionKey, secret: SecretKey, value: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(
    Buffer.from(`${secret.provisioningId}/${secret.name}`),
  );
  const ciphertext = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return ['direct', ...[nonce, ciphertext, cipher.getAuthTag()].map((bytes) => bytes.toString('hex'))].join(
    '.',
  );
}

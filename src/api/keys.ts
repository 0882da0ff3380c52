/** Keys of the API as the API shows them: without what opens anything, but for the one answer that makes a key. */
import { z } from 'zod';
import type { ApiKeyRow } from '../ledger/api-keys.ts';
import { roles } from '../ledger/roles.ts';

const time = z.iso.datetime();

const keyAnswer = z
  .strictObject({
    id: z.string().regex(/^[0-9a-f]{12}$/),
    name: z.string(),
    role: z.enum(roles),
    state: z.enum(['usable', 'expired', 'revoked']),
    createdAt: time,
    expiresAt: time.nullable().meta({ description: 'null: it does not expire.' }),
    revokedAt: time.nullable(),
    lastUsedAt: time.nullable().meta({ description: 'Exact to a minute.' }),
  })
  .meta({ id: 'Key' });

export const keysAnswer = z.strictObject({ items: z.array(keyAnswer) });

export const newKeyAnswer = keyAnswer
  .extend({ key: z.string().meta({ description: 'The key itself. It is not shown again.' }) })
  .meta({ id: 'NewKey' });

export function presentKey(row: ApiKeyRow): z.infer<typeof keyAnswer> {
  const { id, name, role, state } = row;
  return {
    id,
    name,
    role,
    state,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  };
}

/** The history of a provisioning: append-only, numbered without gaps by the database. */
import type { Queryable } from './pool.ts';

/** Appends inside the transaction of the change that it tells of. */
export async function appendEvent(
  db: Queryable,
  provisioningId: string,
  type: string,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  await db.query('select ledger.append_event($1, $2, $3)', [provisioningId, type, JSON.stringify(data)]);
}

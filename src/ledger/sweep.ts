/** Finds the provisionings that the sweeper has to look after. */
import type { Queryable } from './pool.ts';

/** Provisionings that should have moved on that long ago, that nobody holds and that need not rest. */
export async function listOverdue(db: Queryable, limit: number, overdueMs = 0): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from ledger.provisionings
     where sweep_at between '-infinity' and clock_timestamp() - $2 * interval '1 ms' and (lease_until is null or lease_until <= clock_timestamp())
       and (next_claim_at is null or next_claim_at <= clock_timestamp())
     order by sweep_at limit $1`,
    [limit, overdueMs],
  );
  return rows.map(({ id }) => id);
}

/** Its work is in good hands: look again later. */
export async function postponeSweep(db: Queryable, id: string, delayMs: number): Promise<void> {
  await db.query(
    `update ledger.provisionings set sweep_at = clock_timestamp() + $2 * interval '1 ms'
     where id = $1 and sweep_at <= clock_timestamp()`,
    [id, delayMs],
  );
}

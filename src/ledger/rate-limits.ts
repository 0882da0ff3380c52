/** The counters of the rate limits, which rate-limiter-flexible writes. */
import type { Queryable } from './pool.ts';

/** Deletes counters whose minute is over; a minute later, since each server writes by its own clock. */
export async function deleteOldCounters(db: Queryable): Promise<void> {
  await db.query(
    `delete from ledger.rate_limits
     where expire < extract(epoch from clock_timestamp() - interval '1 minute') * 1000`,
  );
}

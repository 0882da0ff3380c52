/**
 * So many per minute and name, counted for all servers together in the ledger's database.
 *
 * A name that has used up its minute is refused from memory until that is over. While the database is away, or takes
 * longer than two seconds, each server counts alone.
 */
import { RateLimiterMemory, RateLimiterPostgres, RLWrapperTimeouts } from 'rate-limiter-flexible';
import type { Pool } from '../../ledger/pool.ts';
import { deleteOldCounters } from '../../ledger/rate-limits.ts';

export const periodSeconds = 60;
const databaseTimeoutMs = 2000;

export interface Spent {
  /** True where this request was within the budget. */
  readonly isWithin: boolean;
  readonly remaining: number;
  readonly resetMs: number;
}

export interface Budget {
  spend(name: string): Promise<Spent>;
}

/** `purpose` keeps the counters of two budgets apart. */
export function createBudget(pool: Pool, purpose: string, limit: number): Budget {
  const perMinute = { keyPrefix: purpose, points: limit, duration: periodSeconds };
  const store = new RateLimiterPostgres({
    ...perMinute,
    storeClient: pool,
    storeType: 'pool',
    schemaName: 'ledger',
    tableName: 'rate_limits',
    tableCreated: true,
    // Its own clean-up leaves counters for an hour, and its timer cannot be stopped.
    clearExpiredByTimeout: false,
    insuranceLimiter: new RateLimiterMemory(perMinute),
  });
  const counter = new RLWrapperTimeouts({ limiter: store, timeoutMs: databaseTimeoutMs });
  const exhausted = new RateLimiterMemory(perMinute);
  let cleanedAt = performance.now();

  function cleanUp(): void {
    if (performance.now() - cleanedAt < periodSeconds * 1000) return;
    cleanedAt = performance.now();
    // Rows that cannot be deleted now are deleted next time.
    deleteOldCounters(pool).catch(() => {});
  }

  /** For how long a name is known, in this process, to have nothing left. Undefined: it may have something. */
  async function exhaustedForMs(name: string): Promise<number | undefined> {
    const waitMs = (await exhausted.get(name))?.msBeforeNext ?? 0;
    return waitMs > 0 ? waitMs : undefined;
  }

  return {
    async spend(name) {
      const waitMs = await exhaustedForMs(name);
      if (waitMs !== undefined) return { isWithin: false, remaining: 0, resetMs: waitMs };
      cleanUp();
      const { consumedPoints, remainingPoints, msBeforeNext } = await counter.penalty(name);
      // At least something: 0 would mean for ever.
      const resetMs = Math.min(Math.max(msBeforeNext, 1), periodSeconds * 1000);
      if (remainingPoints === 0) await exhausted.block(name, resetMs / 1000);
      return { isWithin: consumedPoints <= limit, remaining: remainingPoints, resetMs };
    },
  };
}

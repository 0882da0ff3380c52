/** Limits how often one caller may ask: RATE_LIMIT_PER_MINUTE, over all servers. */
import type { Pool } from '../../ledger/pool.ts';
import type { Caller } from '../auth/caller.ts';
import { Problem } from '../problem.ts';
import { createBudget, periodSeconds, type Spent } from './budget.ts';

/** Counts one request of a caller and returns the headers that say so. Throws 429 when it is one too many. */
export type RateLimit = (caller: Pick<Caller, 'by'>) => Promise<Readonly<Record<string, string>>>;

/** `perMinute` 0: no limit. */
export function createRateLimit(pool: Pool, perMinute: number): RateLimit {
  if (perMinute === 0) return async () => ({});
  const budget = createBudget(pool, 'requests', perMinute);
  return async ({ by }) => {
    const spent = await budget.spend(by);
    const headers = rateLimitHeaders(perMinute, spent);
    if (!spent.isWithin)
      throw tooManyRequests(
        `There were more than ${perMinute} requests in a minute.`,
        spent.resetMs,
        headers,
      );
    return headers;
  };
}

/** As in draft-ietf-httpapi-ratelimit-headers-10. */
function rateLimitHeaders(limit: number, { remaining, resetMs }: Spent): Record<string, string> {
  return {
    'RateLimit-Policy': `"caller";q=${limit};w=${periodSeconds}`,
    RateLimit: `"caller";r=${remaining};t=${wholeSeconds(resetMs)}`,
  };
}

export function tooManyRequests(
  detail: string,
  waitMs: number,
  headers: Record<string, string> = {},
): Problem {
  return new Problem(429, 'rate-limited', detail, {
    headers: { ...headers, 'Retry-After': String(wholeSeconds(waitMs)) },
  });
}

/** At least one: a 0 would ask for another request at once. */
function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

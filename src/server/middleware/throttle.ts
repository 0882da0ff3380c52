/**
 * Slows guessing, and locks out nobody for it.
 *
 * Failures are counted per address, those of JWTs by themselves. After so many in a minute further failures are told to
 * wait, and what is right still passes: whoever shares an address shares its count, and behind a proxy that is
 * everybody. Keys are too long to be guessed. A server learns of failures at another one with the next of its own.
 */
import type { Pool } from '../../ledger/pool.ts';
import { createBudget } from './budget.ts';
import { tooManyRequests } from './rate-limit.ts';

const failuresPerMinute = 30;

export interface Attempt {
  /** Of the socket: headers that name another can be forged. */
  readonly address: string;
  readonly credential: string;
}

/** Runs `check`, and counts it as a failure when it finds nobody. Throws 429 where there were too many. */
export type Throttle = <Found>(
  attempt: Attempt,
  check: () => Promise<Found | undefined>,
) => Promise<Found | undefined>;

export function createThrottle(pool: Pool): Throttle {
  const failures = createBudget(pool, 'failures', failuresPerMinute);
  return async ({ address, credential }, check) => {
    const found = await check();
    if (found !== undefined) return found;
    // A JWT that has expired is no guess at a key.
    const kind = credential.split('.').length === 3 ? 'jwt' : 'key';
    const { isWithin, resetMs } = await failures.spend(`${address} ${kind}`);
    if (!isWithin) throw tooManyRequests('Too many attempts have failed. Wait before the next.', resetMs);
    return undefined;
  };
}

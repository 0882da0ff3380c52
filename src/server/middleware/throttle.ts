/**
 * Slows guessing, and locks out nobody for it.
 *
 * Counted per address and what the credential says it is. After so many failures in a minute a key of the ledger is
 * not looked at any more. The admin key and JWTs name no key, so whoever shares an address shares their count, and
 * behind a proxy that is everybody: failures beyond the count are told to wait, and the right one still passes. Both
 * are too long to be guessed. A server learns of failures at another one with the next failure of its own.
 */
import type { Pool } from '../../ledger/pool.ts';
import { readKeyToken } from '../../keys/token.ts';
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
  const tooMany = (waitMs: number) =>
    tooManyRequests('Too many attempts have failed. Wait before the next.', waitMs);
  return async (attempt, check) => {
    const keyId = readKeyToken(attempt.credential)?.id;
    const name = nameOf(attempt, keyId);
    const waitMs = keyId === undefined ? undefined : await failures.exhaustedForMs(name);
    if (waitMs !== undefined) throw tooMany(waitMs);
    const found = await check();
    if (found !== undefined) return found;
    const { isWithin, resetMs } = await failures.spend(name);
    if (!isWithin) throw tooMany(resetMs);
    return undefined;
  };
}

function nameOf({ address, credential }: Attempt, keyId: string | undefined): string {
  // A JWT that has expired is no guess at a key.
  const otherwise = credential.split('.').length === 3 ? 'jwt' : '-';
  return `${address} ${keyId ?? otherwise}`;
}

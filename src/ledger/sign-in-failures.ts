/** Failures to sign in, as the audit tells of them: however many there are, one row per address and minute at most. */
import type { Queryable } from './pool.ts';

/** Inserts a row into the audit for each row of `told`. */
const tell = `insert into ledger.audit (by, action, detail, address)
  select 'nobody', 'sign-in-failed', jsonb_build_object('attempts', attempts), address from told`;

/** Counts a failure. The first one of a minute is told at once, with those before it that were not told yet. */
export async function recordSignInFailure(db: Queryable, address: string): Promise<void> {
  await db.query(
    `with counted as (
       insert into ledger.sign_in_failures as failures (address) values ($1)
       on conflict (address) do update
       set (since, told, untold) = (select excluded.since, failures.untold + 1, 0
                                    where failures.since <= excluded.since - interval '1 minute'
                                    union all
                                    select failures.since, failures.told, failures.untold + 1
                                    where failures.since > excluded.since - interval '1 minute')
       returning address, told, untold
     ), told as (select address, told as attempts from counted where untold = 0) ${tell}`,
    [address],
  );
}

/** Tells of failures that nothing has told yet a minute later, and forgets addresses that have had none for an hour. */
export async function tellSignInFailures(db: Queryable): Promise<void> {
  await db.query(
    `with told as (
       update ledger.sign_in_failures set since = clock_timestamp(), told = untold, untold = 0
       where untold > 0 and since <= clock_timestamp() - interval '1 minute' returning address, told as attempts
     ) ${tell}`,
  );
  await db.query(
    `delete from ledger.sign_in_failures where untold = 0 and since <= clock_timestamp() - interval '1 hour'`,
  );
}

/** Failures to sign in, as the audit tells of them: however many there are, one row per address and minute at most. */
import type { Queryable } from './pool.ts';

/** Inserts a row into the audit for each row of `told`. */
const tell = `insert into ledger.audit (by, action, detail, address)
  select 'nobody', 'sign-in-failed', jsonb_build_object('attempts', attempts), address from told`;

/** Counts a failure. The first one of a minute is told at once, with those before it that were not told yet. */
export async function recordSignInFailure(db: Queryable, address: string): Promise<void> {
  await db.query(
    `with before as (
       select since, untold from ledger.sign_in_failures where address = $1 for update
     ), counted as (
       insert into ledger.sign_in_failures as failures (address) values ($1)
       on conflict (address) do update
       set since = case when failures.since <= clock_timestamp() - interval '1 minute' then excluded.since
                        else failures.since end,
           untold = case when failures.since <= clock_timestamp() - interval '1 minute' then 0
                         else failures.untold + 1 end
       returning address, untold
     ), told as (
       select address, 1 + coalesce((select untold from before), 0) as attempts from counted where untold = 0
     ) ${tell}`,
    [address],
  );
}

/** Tells of failures that nothing has told yet a minute later, and forgets addresses that have had none for an hour. */
export async function tellSignInFailures(db: Queryable): Promise<void> {
  await db.query(
    `with told as (
       update ledger.sign_in_failures failures set since = clock_timestamp(), untold = 0
       from (select address, untold from ledger.sign_in_failures
             where untold > 0 and since <= clock_timestamp() - interval '1 minute' for update) before
       where before.address = failures.address returning failures.address, before.untold as attempts
     ) ${tell}`,
  );
  await db.query(
    `delete from ledger.sign_in_failures where untold = 0 and since <= clock_timestamp() - interval '1 hour'`,
  );
}

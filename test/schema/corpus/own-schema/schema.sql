-- No API exposes it: its tables need no row-level security.
create schema ledger;
create table ledger.accounts (id integer primary key, name text not null);
create table ledger.entries (
  id bigint generated always as identity primary key,
  account_id integer not null references ledger.accounts (id),
  minor bigint not null
) ;
create view ledger.balances as
  select account_id, sum(minor) as minor from ledger.entries group by account_id;
create function ledger.post(account integer, amount bigint) returns bigint language sql security definer
  set search_path = ledger as $$ insert into entries (account_id, minor) values ($1, $2) returning id $$;

-- Up Migration

-- What the provider itself said of the failure, without secrets and cut: for operators, and for nobody else.
alter table ledger.provisionings add column failure_provider_text text;

-- A provider that is away is waited for on a clock of its own. Of the present wait: since when, until when at the
-- longest (null: it ends by itself), and whether it is for such a provider. away_ms: how long those before it in the
-- same row of waits have taken.
alter table ledger.steps
  add column wait_began timestamptz,
  add column wait_until timestamptz,
  add column wait_is_away boolean not null default false,
  add column away_ms double precision not null default 0;

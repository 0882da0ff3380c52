-- Up Migration

-- Requests that may be sent twice, callbacks that are sent again by hand.

-- The first answer to a request that carried an Idempotency-Key, written with the row that it tells of.
create table ledger.idempotency_keys (
  caller text not null,
  key text not null check (length(key) between 1 and 255),
  -- SHA-256 of the body as a JSON value.
  body_hash bytea not null check (length(body_hash) = 32),
  status integer not null,
  location text not null,
  body text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (caller, key)
);
create index idempotency_keys_by_age on ledger.idempotency_keys (created_at);

alter table ledger.callbacks
  -- The day of attempts, and the growth of their delays, begin anew when an operator has it sent again.
  add column redelivered_at timestamptz,
  add column attempts_before integer not null default 0;

-- What was never seen at its provider can be forgotten too.
alter table ledger.resources drop constraint resources_check1;
alter table ledger.resources add constraint resources_known
  check (state in ('intended', 'unknown', 'forgotten') or external_id is not null);

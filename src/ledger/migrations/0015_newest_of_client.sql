-- Up Migration

-- The newest provisioning of each client is what people look for.
create index provisionings_of_client on ledger.provisionings (client_id, created_at desc, id desc);

create index provisionings_ended on ledger.provisionings (finished_at desc) where finished_at is not null;

-- The callbacks of all clients, newest first.
create index callbacks_newest on ledger.callbacks (created_at desc, id desc);

-- What a worker is: shown to people, and never decided by.
alter table ledger.worker_metrics add column version text;

-- The newest findings of the preflight, so that people see how the providers were without asking them.
create table ledger.last_preflight (
  only_row boolean primary key default true check (only_row),
  at timestamptz not null default clock_timestamp(),
  findings jsonb not null
);

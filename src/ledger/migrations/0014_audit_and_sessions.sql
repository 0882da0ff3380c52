-- Up Migration

-- Roles are a matrix. A provisioner creates, and decides nothing about what exists.
alter table ledger.api_keys drop constraint api_keys_role_check;
alter table ledger.api_keys add constraint api_keys_role_check
  check (role in ('viewer', 'provisioner', 'operator', 'admin'));

-- Who has done what, and from where: written with the act, never rewritten, and kept when a provisioning is deleted.
create table ledger.audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  -- As histories name a caller: `admin-key`, `key:<id>`, `jwt:<subject>`; `command`; `nobody` where a sign-in failed.
  by text not null,
  action text not null check (action ~ '^[a-z]+(-[a-z]+)*$'),
  client_id text,
  provisioning_id uuid,
  detail jsonb not null default '{}',
  -- Of the caller's socket. Null: a command.
  address text
);
create index audit_by_time on ledger.audit (at, id);
create index audit_of_client on ledger.audit (client_id, at, id) where client_id is not null;

create function ledger.refuse_rewriting() returns trigger language plpgsql as $$
begin
  raise exception 'ledger.% is append-only', tg_table_name using errcode = 'check_violation';
end $$;
create trigger append_only before update or delete or truncate on ledger.audit
  for each statement execute function ledger.refuse_rewriting();

-- Failures to sign in. `since`: when the audit was last told of some; `told`: of how many; `untold`: those after it.
create unlogged table ledger.sign_in_failures (
  address text primary key,
  since timestamptz not null default clock_timestamp(),
  told integer not null default 1,
  untold integer not null default 0
);

-- What a browser is signed in with. The cookie holds a token; what is kept of it does not give it back.
create table ledger.sessions (
  token_hash bytea primary key check (length(token_hash) = 32),
  by text not null,
  -- Of a JWT. Null: the role of the key, which is looked up.
  role text check (role in ('viewer', 'provisioner', 'operator', 'admin')),
  created_at timestamptz not null default clock_timestamp(),
  -- Exact to a minute.
  last_seen_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
create index sessions_by_end on ledger.sessions (expires_at);

-- A worker looks for orphans until then, unless it dies. Null: none does.
alter table ledger.orphan_report add column looking_until timestamptz;

-- As before, with its row of the audit. `caller_address` has a default for processes of the version before.
drop function ledger.accept(uuid, text, text, text, text, text, text, text[], double precision, text, text);
create function ledger.accept(
  provisioning uuid, client text, client_name text, org_email text, tier text, callback_url text, on_failure text,
  steps text[], sweep_ms double precision, trace_parent text, caller text, caller_address text default null
) returns json language plpgsql as $$
begin
  insert into ledger.provisionings
    (id, client_id, client_name, org_email, tier, callback_url, on_failure, step_names, sweep_at, trace_parent, last_event)
  values (provisioning, client, client_name, org_email, tier, callback_url, on_failure, steps,
    clock_timestamp() + sweep_ms * interval '1 ms', trace_parent, 1);
  insert into ledger.steps (provisioning_id, direction, position, name)
  select provisioning, 'run', position, name from unnest(steps) with ordinality as list (name, position);
  insert into ledger.events (provisioning_id, sequence, type, data)
  values (provisioning, 1, 'provisioning.accepted', jsonb_build_object('by', caller));
  insert into ledger.audit (by, action, client_id, provisioning_id, address)
  values (caller, 'provisioned', client, provisioning, caller_address);
  return ledger.snapshot(provisioning);
end $$;

-- Up Migration

-- Objects at the providers that look like ours and that no resource owns: the newest report, and what was deleted.

-- One row.
create table ledger.orphan_report (
  is_newest boolean primary key default true check (is_newest),
  -- When a worker should look next. Whoever takes the look moves it on.
  due_at timestamptz not null,
  checked_at timestamptz,
  items jsonb not null default '[]',
  errors jsonb not null default '[]'
);
-- Not at once: a worker that has just been set up has better things to do.
insert into ledger.orphan_report (due_at) values (clock_timestamp() + interval '5 minutes');

-- Every deletion of an orphan, written before it is asked for.
create table ledger.orphan_deletions (
  id uuid primary key default gen_random_uuid(),
  kind text not null,
  external_id text not null,
  name text not null,
  evidence text not null check (evidence in ('mark', 'name')),
  -- As the mark has it: there may be no such provisioning any more.
  provisioning_id uuid,
  requested_by text not null,
  requested_at timestamptz not null default clock_timestamp(),
  state text not null default 'intended' check (state in ('intended', 'confirmed', 'refused', 'in-doubt')),
  last_error text,
  ended_at timestamptz
);
create index orphan_deletions_of_object on ledger.orphan_deletions (kind, external_id);
create trigger never_deleted before delete on ledger.orphan_deletions
  for each row execute function ledger.refuse_update();

-- Who may still take an object over: looked up by its name.
create index effects_in_doubt on ledger.effects (natural_key)
  where verb = 'create' and (state = 'intended' or doubts > 0);
create index resources_in_doubt on ledger.resources (kind, name) where external_id is null;
create index resources_foreign on ledger.resources (kind, external_id) where origin = 'foreign';

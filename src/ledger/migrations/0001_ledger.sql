-- Up Migration

-- The ledger: what was asked for, what was done about it at the providers, and what is known of the outcome.
-- The queue is a cache of what is written here.

-- One run for one client.
create table ledger.provisionings (
  id uuid primary key,
  client_id text not null check (client_id ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(client_id) between 1 and 50),
  client_name text not null check (length(client_name) between 1 and 200),
  org_email text not null check (length(org_email) <= 254),
  tier text not null check (tier in ('starter', 'professional', 'enterprise')),
  callback_url text,
  on_failure text not null check (on_failure in ('rollback', 'pause')),
  -- The list of steps this provisioning was accepted with, in order.
  step_names text[] not null check (cardinality(step_names) > 0),
  status text not null default 'queued'
    check (status in ('queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled')),
  rollback_status text not null default 'none'
    check (rollback_status in ('none', 'pending', 'running', 'completed', 'incomplete')),
  failure jsonb,
  -- Number of the newest job flow. Jobs of an older flow find themselves superseded and do nothing.
  flow integer not null default 1 check (flow > 0),
  -- The fence: +1 at each claim. Only the newest epoch with an unexpired lease may write.
  epoch bigint not null default 0,
  lease_until timestamptz,
  lease_holder text,
  -- When the sweeper should look at it next, unless somebody has moved it on by then. Null: nothing is to be done.
  sweep_at timestamptz,
  last_event bigint not null default 0,
  last_callback integer not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  check (not (status in ('failed', 'cancelled') and rollback_status = 'none')),
  check (not (status in ('queued', 'running') and rollback_status <> 'none'))
);

-- At most one provisioning holds a client's place; a completed rollback frees it.
create unique index provisionings_one_per_client on ledger.provisionings (client_id)
  where rollback_status <> 'completed';
create index provisionings_newest_first on ledger.provisionings (created_at desc, id desc);
create index provisionings_to_sweep on ledger.provisionings (sweep_at) where sweep_at is not null;

-- One row for each step, and another for its undo once a rollback has begun.
create table ledger.steps (
  provisioning_id uuid not null references ledger.provisionings on delete cascade,
  direction text not null check (direction in ('run', 'undo')),
  position integer not null check (position > 0),
  name text not null,
  status text not null default 'pending'
    check (status in ('pending', 'running', 'waiting', 'succeeded', 'failed', 'skipped')),
  attempts integer not null default 0,
  -- How often it was begun again after a worker was killed, stopped or cut off.
  interruptions integer not null default 0,
  -- What a waiting step waits for (null: it waits for its next attempt), since when, and how often it has looked.
  waiting_for text,
  waiting_since timestamptz,
  looks integer not null default 0,
  due_at timestamptz,
  error jsonb,
  -- What later steps and the answer of the API read. Never a secret.
  output jsonb not null default '{}',
  started_at timestamptz,
  finished_at timestamptz,
  primary key (provisioning_id, direction, position),
  unique (provisioning_id, direction, name)
);

-- One mutating call to a provider: committed before it is sent.
create table ledger.effects (
  id uuid primary key default gen_random_uuid(),
  provisioning_id uuid not null references ledger.provisionings on delete cascade,
  step text not null,
  name text not null,
  verb text not null check (verb in ('create', 'change', 'delete')),
  -- The name at the provider, and the sign of ownership that the request carries.
  natural_key text not null,
  mark text not null,
  -- intended: perhaps sent, no proof either way. refused: proven not made. confirmed: proven made.
  state text not null default 'intended' check (state in ('intended', 'refused', 'confirmed')),
  calls integer not null default 0,
  -- How many calls got no answer and were not seen to have made anything.
  doubts integer not null default 0,
  epoch bigint not null,
  -- The provider's own clock when a look-up showed that nothing of the name was there.
  absent_at timestamptz,
  called_at timestamptz,
  doubt_since timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  confirmed_at timestamptz,
  -- An operator had the step done again: its changes are made anew, under new marks.
  superseded_at timestamptz
);
create unique index effects_once on ledger.effects (provisioning_id, step, name) where superseded_at is null;

-- What exists, or may exist, at a provider.
create table ledger.resources (
  id uuid primary key default gen_random_uuid(),
  provisioning_id uuid not null references ledger.provisionings on delete cascade,
  effect_id uuid references ledger.effects on delete cascade,
  step text not null,
  kind text not null,
  external_id text,
  name text not null,
  url text,
  origin text not null check (origin in ('created', 'foreign')),
  state text not null
    check (state in ('intended', 'unknown', 'live', 'deleting', 'deleted', 'delete-failed', 'forgotten')),
  error text,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  -- Ours is only what one of our effects made.
  check (origin = 'foreign' or effect_id is not null),
  check (state in ('intended', 'unknown') or external_id is not null)
);
create unique index resources_one_owner on ledger.resources (kind, external_id) where origin = 'created';
create unique index resources_foreign_once on ledger.resources (provisioning_id, kind, external_id)
  where origin = 'foreign';
create index resources_of_effect on ledger.resources (effect_id);
create index resources_of_provisioning on ledger.resources (provisioning_id);

-- What happened, append-only and gap-free.
create table ledger.events (
  provisioning_id uuid not null references ledger.provisionings on delete cascade,
  sequence bigint not null check (sequence > 0),
  type text not null,
  data jsonb not null default '{}',
  at timestamptz not null default clock_timestamp(),
  primary key (provisioning_id, sequence)
);

-- Secrets of a provisioning, AES-256-GCM. The key id says which of ENCRYPTION_KEYS decrypts.
create table ledger.secrets (
  provisioning_id uuid not null references ledger.provisionings on delete cascade,
  name text not null,
  key_id text not null,
  nonce bytea not null check (length(nonce) = 12),
  ciphertext bytea not null,
  tag bytea not null check (length(tag) = 16),
  created_at timestamptz not null default clock_timestamp(),
  primary key (provisioning_id, name)
);

-- The outbox of signed callbacks, written with the change they tell of.
create table ledger.callbacks (
  id uuid primary key default gen_random_uuid(),
  provisioning_id uuid not null references ledger.provisionings on delete cascade,
  sequence integer not null check (sequence > 0),
  type text not null,
  -- The exact bytes of every attempt.
  body text not null,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'failed', 'stopped')),
  attempts integer not null default 0,
  due_at timestamptz not null default clock_timestamp(),
  last_status integer,
  last_error text,
  created_at timestamptz not null default clock_timestamp(),
  delivered_at timestamptz,
  unique (provisioning_id, sequence)
);
create index callbacks_due on ledger.callbacks (due_at) where state = 'pending';

-- Each attempt at a callback.
create table ledger.callback_attempts (
  callback_id uuid not null references ledger.callbacks on delete cascade,
  attempt integer not null,
  at timestamptz not null default clock_timestamp(),
  status integer,
  error text,
  duration_ms integer not null,
  primary key (callback_id, attempt)
);

-- The only ways a provisioning may change its state. Everything else is refused, whoever asks.
create function ledger.guard_provisioning_state() returns trigger language plpgsql as $$
declare
  before text := old.status || '/' || old.rollback_status;
  after text := new.status || '/' || new.rollback_status;
begin
  if before = after then
    return new;
  end if;
  if (before, after) in (
    ('queued/none', 'running/none'),
    ('queued/none', 'cancelled/pending'), ('queued/none', 'failed/pending'),
    ('running/none', 'succeeded/none'), ('running/none', 'paused/none'),
    ('running/none', 'failed/pending'), ('running/none', 'cancelled/pending'),
    ('paused/none', 'running/none'), ('paused/none', 'failed/pending'), ('paused/none', 'cancelled/pending'),
    ('failed/pending', 'failed/running'), ('failed/running', 'failed/completed'),
    ('failed/running', 'failed/incomplete'), ('failed/incomplete', 'failed/running'),
    ('cancelled/pending', 'cancelled/running'), ('cancelled/running', 'cancelled/completed'),
    ('cancelled/running', 'cancelled/incomplete'), ('cancelled/incomplete', 'cancelled/running'),
    ('succeeded/none', 'succeeded/pending'), ('succeeded/pending', 'succeeded/running'),
    ('succeeded/running', 'succeeded/completed'), ('succeeded/running', 'succeeded/incomplete'),
    ('succeeded/incomplete', 'succeeded/running'),
    -- An operator forgot the last resource that was left.
    ('failed/incomplete', 'failed/completed'), ('cancelled/incomplete', 'cancelled/completed'),
    ('succeeded/incomplete', 'succeeded/completed')
  ) then
    return new;
  end if;
  raise exception 'provisioning % may not go from % to %', old.id, before, after using errcode = 'check_violation';
end $$;
create trigger guard_state before update on ledger.provisionings
  for each row execute function ledger.guard_provisioning_state();

-- An epoch only grows: a write that would turn it back is a stale one.
create function ledger.guard_epoch() returns trigger language plpgsql as $$
begin
  if new.epoch < old.epoch or new.flow < old.flow then
    raise exception 'provisioning %: epoch and flow never go back', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger guard_epoch before update of epoch, flow on ledger.provisionings
  for each row execute function ledger.guard_epoch();

-- History is not rewritten. Rows go only with their provisioning.
create function ledger.refuse_update() returns trigger language plpgsql as $$
begin
  raise exception 'ledger.% is append-only', tg_table_name using errcode = 'check_violation';
end $$;
create trigger append_only before update on ledger.events
  for each row execute function ledger.refuse_update();

create function ledger.refuse_delete() returns trigger language plpgsql as $$
begin
  -- When a provisioning takes its rows along, it is gone before them.
  if exists (select 1 from ledger.provisionings where id = old.provisioning_id) then
    raise exception 'ledger.% is append-only', tg_table_name using errcode = 'check_violation';
  end if;
  return old;
end $$;
create trigger never_deleted before delete on ledger.events
  for each row execute function ledger.refuse_delete();

-- A confirmed effect stays confirmed.
create function ledger.guard_effect() returns trigger language plpgsql as $$
begin
  if old.state = 'confirmed' and new.state <> 'confirmed' then
    raise exception 'effect % is confirmed', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger guard_effect before update on ledger.effects
  for each row execute function ledger.guard_effect();

-- Appends an event with the next number of its provisioning and marks the provisioning as changed.
create function ledger.append_event(provisioning uuid, event_type text, event_data jsonb) returns bigint
language plpgsql as $$
declare
  next_sequence bigint;
begin
  update ledger.provisionings set last_event = last_event + 1, updated_at = clock_timestamp()
    where id = provisioning returning last_event into next_sequence;
  if next_sequence is null then
    raise exception 'no provisioning %', provisioning using errcode = 'foreign_key_violation';
  end if;
  insert into ledger.events (provisioning_id, sequence, type, data)
    values (provisioning, next_sequence, event_type, event_data);
  return next_sequence;
end $$;

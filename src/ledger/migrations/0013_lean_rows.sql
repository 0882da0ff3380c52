-- Up Migration

-- What each step changes costs less, and is refused as before.

-- A check of a table is parsed again by each statement that changes a row of it; one of a domain is kept, and is asked
-- only where a value is set.
create domain ledger.positive_integer as integer check (value > 0);
create domain ledger.positive_bigint as bigint check (value > 0);
create domain ledger.client_id as text
  check (value ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(value) between 1 and 50);
create domain ledger.client_name as text check (length(value) between 1 and 200);
create domain ledger.org_email as text check (length(value) <= 254);
create domain ledger.tier as text check (value in ('starter', 'professional', 'enterprise'));
create domain ledger.on_failure as text check (value in ('rollback', 'pause'));
create domain ledger.step_names as text[] check (cardinality(value) > 0);
create domain ledger.trace_parent as text check (value ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$');
create domain ledger.provisioning_status as text
  check (value in ('queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'));
create domain ledger.rollback_status as text
  check (value in ('none', 'pending', 'running', 'completed', 'incomplete'));
create domain ledger.direction as text check (value in ('run', 'undo'));
create domain ledger.step_status as text
  check (value in ('pending', 'running', 'waiting', 'succeeded', 'failed', 'skipped'));
create domain ledger.verb as text check (value in ('create', 'change', 'delete'));
create domain ledger.effect_state as text check (value in ('intended', 'refused', 'confirmed'));
create domain ledger.origin as text check (value in ('created', 'foreign'));
create domain ledger.resource_state as text
  check (value in ('intended', 'unknown', 'live', 'deleting', 'deleted', 'delete-failed', 'forgotten'));

drop trigger guard_state on ledger.provisionings;
drop trigger guard_epoch on ledger.provisionings;
drop function ledger.guard_provisioning_state();
drop function ledger.guard_epoch();

alter table ledger.provisionings
  drop constraint provisionings_check, drop constraint provisionings_check1,
  drop constraint provisionings_client_id_check, drop constraint provisionings_client_name_check,
  drop constraint provisionings_flow_check, drop constraint provisionings_on_failure_check,
  drop constraint provisionings_org_email_check, drop constraint provisionings_rollback_status_check,
  drop constraint provisionings_status_check, drop constraint provisionings_step_names_check,
  drop constraint provisionings_tier_check, drop constraint provisionings_trace_parent_check,
  alter client_id type ledger.client_id, alter client_name type ledger.client_name,
  alter org_email type ledger.org_email, alter tier type ledger.tier, alter on_failure type ledger.on_failure,
  alter step_names type ledger.step_names, alter status type ledger.provisioning_status,
  alter rollback_status type ledger.rollback_status, alter flow type ledger.positive_integer,
  alter trace_parent type ledger.trace_parent;
alter table ledger.steps
  drop constraint steps_direction_check, drop constraint steps_position_check, drop constraint steps_status_check,
  alter direction type ledger.direction, alter position type ledger.positive_integer,
  alter status type ledger.step_status;
alter table ledger.effects
  drop constraint effects_verb_check, drop constraint effects_state_check,
  alter verb type ledger.verb, alter state type ledger.effect_state;
alter table ledger.resources
  drop constraint resources_check, drop constraint resources_known, drop constraint resources_origin_check,
  drop constraint resources_state_check,
  alter origin type ledger.origin, alter state type ledger.resource_state;
alter table ledger.events drop constraint events_sequence_check, alter sequence type ledger.positive_bigint;

-- The only states that a provisioning may be in, and the only ways to change them. Everything else is refused, whoever
-- asks. Its epoch and its flow only grow: a write that would turn them back is a stale one.
create function ledger.guard_provisioning() returns trigger language plpgsql as $$
declare
  before text;
  after text;
begin
  if tg_op = 'INSERT' then
    if (new.status in ('failed', 'cancelled') and new.rollback_status = 'none')
       or (new.status in ('queued', 'running') and new.rollback_status <> 'none') then
      raise exception 'provisioning % may not be %/%', new.id, new.status, new.rollback_status
        using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if new.epoch < old.epoch or new.flow < old.flow then
    raise exception 'provisioning %: epoch and flow never go back', old.id using errcode = 'check_violation';
  end if;
  if new.status = old.status and new.rollback_status = old.rollback_status then
    return new;
  end if;
  before := old.status || '/' || old.rollback_status;
  after := new.status || '/' || new.rollback_status;
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
create trigger guard before insert or update on ledger.provisionings
  for each row execute function ledger.guard_provisioning();

-- Ours is only what one of our effects made. What exists has an id.
create function ledger.guard_resource() returns trigger language plpgsql as $$
begin
  if (new.origin = 'created' and new.effect_id is null)
     or (new.state not in ('intended', 'unknown', 'forgotten') and new.external_id is null) then
    raise exception 'resource % of origin % may not be % without the effect that made it, or without its id',
      new.name, new.origin, new.state using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger guard before insert or update on ledger.resources
  for each row execute function ledger.guard_resource();

-- A row that changes with each step stays on its page, and leaves the indexes alone: there is room for its next version,
-- and no index is of a column that changes often, nor for some values of one only.
alter table ledger.provisionings set (fillfactor = 50);
alter table ledger.steps set (fillfactor = 60);
alter table ledger.effects set (fillfactor = 60);
alter table ledger.resources set (fillfactor = 60);
drop index ledger.effects_in_doubt;
create index effects_by_name on ledger.effects (natural_key) where verb = 'create';

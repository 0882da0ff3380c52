-- Up Migration

-- The statements of a worker that carry a whole transition, so that a step costs three of them: it is claimed and begun,
-- its call is intended, and what came of that is recorded. All are PL/pgSQL, which keeps its plans: PostgreSQL 17 plans
-- functions in SQL at each call.

-- A provisioning with its steps, as one consistent reading. Null: there is none of that id.
create function ledger.snapshot(provisioning uuid) returns json language plpgsql stable as $$
begin
  return (select json_build_object(
    'provisioning', row_to_json(p),
    'steps', (select coalesce(json_agg(s order by s.direction, s.position), '[]')
              from ledger.steps s where s.provisioning_id = p.id))
  from ledger.provisionings p where p.id = provisioning);
end $$;

-- What is known of a step's part: its effects, the resources that it has made, newest first, and the output of its run.
create function ledger.part_of_step(provisioning uuid, step_name text) returns json language plpgsql stable as $$
begin
  return json_build_object(
    'output', (select s.output from ledger.steps s
               where s.provisioning_id = provisioning and s.direction = 'run' and s.name = step_name),
    'effects', (select coalesce(json_agg(e), '[]') from ledger.effects e
                where e.provisioning_id = provisioning and e.step = step_name and e.superseded_at is null),
    'resources', (select coalesce(json_agg(r order by r.created_at desc, r.id), '[]') from ledger.resources r
                  where r.provisioning_id = provisioning and r.step = step_name and r.origin <> 'foreign'));
end $$;

-- Appends events with the numbers up to `last`, which its provisioning has counted already.
create function ledger.insert_events(provisioning uuid, last bigint, types text[], data jsonb[]) returns void
language plpgsql as $$
begin
  insert into ledger.events (provisioning_id, sequence, type, data)
  select provisioning, last - cardinality(types) + number, type, datum
  from unnest(types, data) with ordinality as list (type, datum, number);
end $$;

-- A step that was just begun, as its worker has to know it.
create function ledger.begun(step ledger.steps, part json) returns json language plpgsql stable as $$
begin
  return json_build_object(
    'attempts', step.attempts, 'interruptions', step.interruptions,
    'begunMsAgo', extract(epoch from clock_timestamp() - step.started_at) * 1000,
    'waitingFor', step.waiting_for, 'looks', step.looks,
    'presentMs', extract(epoch from clock_timestamp() - step.wait_began) * 1000,
    'waitedMs', extract(epoch from clock_timestamp() - step.waiting_since) * 1000,
    'awayMs', step.away_ms + case when step.wait_is_away
      then extract(epoch from clock_timestamp() - step.wait_began) * 1000 else 0 end,
    'part', part);
end $$;

-- Takes a provisioning for a worker under a new epoch, and begins the step of its job if it is that step's turn.
--
-- A step may have been begun already, by the worker that has handed it on, and not been taken up there (`ledger.hold`):
-- then it goes on. One that was begun by a worker that is gone was interrupted.
--
-- Refused: `superseded` (the job is of an older flow, or nothing is left to do), `busy` (another worker holds it, or it
-- has to rest after claims that nobody gave back), `unknown-steps` (the worker lacks steps of it).
create function ledger.claim(
  provisioning uuid, its_flow integer, its_direction text, its_position integer, holder text, lease_ms double precision,
  grace_ms double precision, known_steps text[], many_claims integer
) returns json language plpgsql as $$
declare
  p ledger.provisionings;
  step ledger.steps;
  unknown_steps text[] := '{}';
  retry_in_ms integer;
  is_turn boolean := false;
  is_attempt boolean := false;
  is_first boolean := false;
  was_handed_on boolean;
begin
  select * into p from ledger.provisionings
  where id = provisioning and flow = its_flow and sweep_at is not null for update;
  if not found then
    return json_build_object('is', 'superseded');
  end if;

  retry_in_ms := ceil(greatest(
    extract(epoch from greatest(p.lease_until, p.next_claim_at) - clock_timestamp()) * 1000, 50));
  if p.lease_until > clock_timestamp() then
    return json_build_object('is', 'busy', 'retryInMs', retry_in_ms);
  end if;
  if not p.step_names <@ known_steps then
    unknown_steps := array(select unnest(p.step_names) except select unnest(known_steps));
  end if;
  if unknown_steps <> '{}' or p.next_claim_at > clock_timestamp() then
    -- The job is there and comes again: the sweeper need not build it a second time meanwhile.
    update ledger.provisionings
    set sweep_at = greatest(sweep_at, clock_timestamp()
      + (2 * grace_ms + case when unknown_steps <> '{}' then 0 else retry_in_ms end) * interval '1 ms')
    where id = provisioning;
    if unknown_steps <> '{}' then
      return json_build_object('is', 'unknown-steps', 'names', unknown_steps);
    end if;
    return json_build_object('is', 'busy', 'retryInMs', retry_in_ms);
  end if;

  if its_position is not null then
    select * into step from ledger.steps
    where provisioning_id = provisioning and direction = its_direction and position = its_position;
    is_turn := step.status in ('pending', 'running', 'waiting') and case
      when its_direction = 'run' then p.rollback_status = 'none' and p.status in ('queued', 'running')
        and not exists (select from ledger.steps s where s.provisioning_id = provisioning and s.direction = 'run'
                        and s.position < its_position and s.status <> 'succeeded')
      else p.rollback_status in ('pending', 'running')
        and not exists (select from ledger.steps s where s.provisioning_id = provisioning and s.direction = 'undo'
                        and s.position > its_position and s.status not in ('succeeded', 'failed'))
    end;
  end if;
  was_handed_on := p.lease_until is null and p.lease_holder is not null and step.status = 'running';
  if is_turn and not was_handed_on then
    is_attempt := step.waiting_for is null;
    is_first := its_direction = 'run' and step.started_at is null;
    update ledger.steps
    set status = 'running', due_at = null, started_at = coalesce(started_at, clock_timestamp()),
        attempts = attempts + case when is_attempt and status <> 'running' then 1 else 0 end,
        interruptions = interruptions + case when status = 'running' then 1 else 0 end
    where provisioning_id = provisioning and direction = its_direction and position = its_position
    returning * into step;
  end if;

  update ledger.provisionings
  set epoch = epoch + 1, lease_holder = holder, lease_until = clock_timestamp() + lease_ms * interval '1 ms',
      unreturned_claims = unreturned_claims + 1,
      -- When nobody gives this claim back, the next one has to wait: not at first, since workers are killed for reasons
      -- of their own; then twice as long each time, up to a minute, so that what takes its worker down does so rarely.
      next_claim_at = clock_timestamp() + case when unreturned_claims >= many_claims then
        least(power(2, least(unreturned_claims, 20) - many_claims) * lease_ms / 16, 60000) end * interval '1 ms',
      status = case when is_turn and status = 'queued' then 'running' else status end,
      rollback_status = case when is_turn and rollback_status = 'pending' then 'running' else rollback_status end,
      last_event = last_event + case when is_attempt then 1 else 0 end,
      updated_at = case when is_attempt then clock_timestamp() else updated_at end
  where id = provisioning returning * into p;
  if is_attempt then
    insert into ledger.events (provisioning_id, sequence, type, data)
    values (provisioning, p.last_event, case its_direction when 'run' then 'step' else 'undo' end || '.started',
      jsonb_build_object('step', step.name, 'attempt', step.attempts));
  end if;

  return json_build_object(
    'is', 'claimed', 'epoch', p.epoch, 'unreturned', p.unreturned_claims - 1, 'at', clock_timestamp(),
    'snapshot', ledger.snapshot(provisioning),
    'begun', case when is_turn then ledger.begun(step,
      -- Of a run that begins for the first time nothing is known yet.
      case when not is_first then ledger.part_of_step(provisioning, step.name) end) end);
end $$;

-- The fence of every other write of a worker, and the part of it that concerns the provisioning itself.
--
-- Refuses with LEASE where the worker's epoch is not the newest or its lease is over, and with GATED where a call is not
-- to begin because the provisioning was cancelled (`is_gate`). Extends the lease to `lease_ms` from now, or ends it:
--
-- `handed-on`   to a job that follows, so that the sweeper must know who had it
-- `given-back`  none follows at once
-- `next-flow`   to a new flow of jobs
-- `succeeded`   every step has
-- `failed`      a step has for good (`failure`), and its rollback begins
-- `paused`      the same, and an operator decides
--
-- `callbacks`: how many are written with it. What a provisioning may become is guarded by its trigger.
--
-- What is handed on may name the job that follows: `next_direction`, and `next_position` where it is of a step. That step
-- is begun with it, since the one at `ended_position` ends with it, and what its worker has to know comes back: a claim
-- under a new epoch, which whoever gets that job in the same process takes up (`takes_up`) with its first write. Until
-- then it holds no lease, so that anybody else may claim, and nothing but looks may be done with it. Null: the job that
-- follows has to claim for itself.
create function ledger.hold(
  provisioning uuid, its_epoch bigint, takes_up boolean, is_gate boolean, lease_ms double precision, ending text,
  sweep_ms double precision, event_types text[], event_data jsonb[], callbacks integer, its_failure jsonb,
  provider_text text, next_direction text, next_position integer, ended_position integer
) returns json language plpgsql as $$
declare
  p ledger.provisionings;
  next ledger.steps;
  begins boolean := false;
  goes_on boolean := false;
  is_first boolean;
  is_failure constant boolean := coalesce(ending in ('failed', 'paused'), false);
begin
  if next_position is not null then
    select * into next from ledger.steps
    where provisioning_id = provisioning and direction = next_direction and position = next_position
      and status = 'pending';
    begins := found and case when next_direction = 'run' then not exists (select from ledger.steps s
        where s.provisioning_id = provisioning and s.direction = 'run' and s.position < next_position
          and s.position <> ended_position and s.status <> 'succeeded')
      else not exists (select from ledger.steps s
        where s.provisioning_id = provisioning and s.direction = 'undo' and s.position > next_position
          and s.position <> ended_position and s.status not in ('succeeded', 'failed')) end;
  end if;

  update ledger.provisionings
  set epoch = case when next_direction is null then epoch else epoch + 1 end,
      lease_until = case when ending is null
        then greatest(lease_until, clock_timestamp() + lease_ms * interval '1 ms') end,
      lease_holder = case when ending in ('given-back', 'succeeded', 'paused') then null else lease_holder end,
      unreturned_claims = case when ending is null then unreturned_claims else 0 end,
      next_claim_at = case when ending is null then next_claim_at end,
      status = case when ending in ('succeeded', 'failed', 'paused') then ending else status end,
      rollback_status = case when ending = 'failed' then 'pending' else rollback_status end,
      flow = case when ending = 'next-flow' then flow + 1 else flow end,
      finished_at = case when ending = 'succeeded' then clock_timestamp() else finished_at end,
      failure = case when is_failure then its_failure else failure end,
      failure_provider_text = case when is_failure then provider_text else failure_provider_text end,
      sweep_at = case
        when ending in ('succeeded', 'paused') then null
        when ending is null or sweep_at is null then sweep_at
        when ending in ('handed-on', 'given-back') and rollback_status = 'pending' then clock_timestamp()
        -- Near enough is left as it is, unless it is a time to wait for: the index that finds it is then left alone.
        when ending <> 'given-back' and sweep_at between clock_timestamp() + sweep_ms / 2 * interval '1 ms'
          and clock_timestamp() + sweep_ms * interval '1 ms' then sweep_at
        else clock_timestamp() + sweep_ms * interval '1 ms' end,
      last_event = last_event + cardinality(event_types) + case when begins and case when next_direction = 'run'
          then rollback_status = 'none' and status = 'running' else rollback_status = 'running' end then 1 else 0 end,
      last_callback = last_callback + callbacks,
      updated_at = case when cardinality(event_types) > 0 then clock_timestamp() else updated_at end
  where id = provisioning and epoch = its_epoch and (lease_until > clock_timestamp()
    or (takes_up and lease_until is null and lease_holder is not null))
  returning * into p;
  if not found then
    raise exception 'the lease of provisioning % is lost', provisioning using errcode = 'LEASE';
  end if;
  if is_gate and p.status = 'cancelled' then
    raise exception 'provisioning % was cancelled', provisioning using errcode = 'GATED';
  end if;
  if ending = 'succeeded' and exists (select from ledger.steps s where s.provisioning_id = provisioning
      and s.direction = 'run' and s.status <> 'succeeded') then
    raise exception 'provisioning % has steps that have not succeeded', provisioning using errcode = 'check_violation';
  end if;
  -- A cancel has another flow follow.
  goes_on := next_direction is not null and case when next_direction = 'run'
    then p.rollback_status = 'none' and p.status = 'running' else p.rollback_status = 'running' end;
  begins := begins and goes_on;
  if cardinality(event_types) > 0 then
    perform ledger.insert_events(
      provisioning, p.last_event - case when begins then 1 else 0 end, event_types, event_data);
  end if;
  if not goes_on or (next_position is not null and not begins) then
    return null;
  end if;

  if begins then
    is_first := next_direction = 'run' and next.started_at is null;
    update ledger.steps
    set status = 'running', due_at = null, started_at = coalesce(started_at, clock_timestamp()), attempts = attempts + 1
    where provisioning_id = provisioning and direction = next_direction and position = next_position
    returning * into next;
    insert into ledger.events (provisioning_id, sequence, type, data)
    values (provisioning, p.last_event, case next_direction when 'run' then 'step' else 'undo' end || '.started',
      jsonb_build_object('step', next.name, 'attempt', next.attempts));
  end if;
  return json_build_object(
    'epoch', p.epoch, 'at', clock_timestamp(), 'provisioning', row_to_json(p),
    'step', case when begins then row_to_json(next) end,
    'begun', case when begins then ledger.begun(next,
      case when not is_first then ledger.part_of_step(provisioning, next.name) end) end);
end $$;

-- Refuses a statement whose part has not changed exactly one p.
create function ledger.expect_one(changed bigint, otherwise text) returns void language plpgsql as $$
begin
  if changed <> 1 then
    raise exception '%', otherwise using errcode = 'check_violation';
  end if;
end $$;

-- A provisioning that was asked for, with its steps and its first event. Returns its snapshot.
create function ledger.accept(
  provisioning uuid, client text, client_name text, org_email text, tier text, callback_url text, on_failure text,
  steps text[], sweep_ms double precision, trace_parent text, caller text
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
  return ledger.snapshot(provisioning);
end $$;

-- A receiver that said "gone" once is not called again. Asked by a function, which sees what was committed while the
-- statement that it is part of waited for the provisioning's row.
create function ledger.state_of_new_callback(provisioning uuid) returns text language plpgsql volatile as $$
begin
  return case when exists (select from ledger.callbacks c where c.provisioning_id = provisioning and c.state = 'stopped')
    then 'stopped' else 'pending' end;
end $$;

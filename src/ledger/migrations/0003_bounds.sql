-- What a cancel must not be overtaken by, and what keeps claims and tables bounded.

alter table ledger.provisionings
  -- How many claims in a row nobody gave back: their workers died, or threw what they cannot mend.
  add column unreturned_claims integer not null default 0,
  -- After several of those the next claim has to wait until then.
  add column next_claim_at timestamptz;

-- Which worker an attempt at a callback is under way in: one that is gone need not be waited out.
alter table ledger.callbacks add column taken_by text;

-- No step of the run begins once a rollback has: its undo is planned already.
create function ledger.guard_step_begin() returns trigger language plpgsql as $$
begin
  if new.direction = 'run' and new.status = 'running'
     and (old.status, old.interruptions) is distinct from (new.status, new.interruptions)
     and exists (select 1 from ledger.provisionings
                 where id = new.provisioning_id and rollback_status <> 'none') then
    raise exception 'step % of provisioning % may not begin: it is being undone', new.name, new.provisioning_id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger guard_begin before update on ledger.steps
  for each row execute function ledger.guard_step_begin();

-- What the clean-up looks for, and what a deletion looks up in the other tables.
create index provisionings_to_forget on ledger.provisionings (finished_at) where rollback_status = 'completed';
create index effects_of_provisioning on ledger.effects (provisioning_id);

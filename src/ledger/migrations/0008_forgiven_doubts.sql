-- Up Migration

-- Doubts of before an operator resumed the step: they count against its calls no more, and may have made objects still.
alter table ledger.effects add column forgiven_doubts integer not null default 0;

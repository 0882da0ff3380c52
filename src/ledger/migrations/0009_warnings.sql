-- Up Migration

-- Of a step that succeeded: what will still trouble the users of its part, as `[{"code", "message"}]`.
alter table ledger.steps add column warnings jsonb not null default '[]';

-- Up Migration

-- A resource names the call of its effect that made it, where its provider keeps that. Another object that names the same
-- call is a copy, also once the resource itself is deleted.
alter table ledger.resources add column made_by text;

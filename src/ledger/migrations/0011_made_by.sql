-- Up Migration

-- Which call of its effect a resource says has made it, where its provider keeps that. What says the same and is not
-- this resource is a copy of it, also once this resource itself is deleted.
alter table ledger.resources add column made_by text;

-- A word like commit in a comment is none; neither is 'begin;' in a string.
BEGIN;

create function public.answer() returns integer language sql
begin atomic
  select 42;
end;

create function public.note() returns text language sql as $$ select 'commit;' $$;

COMMIT;

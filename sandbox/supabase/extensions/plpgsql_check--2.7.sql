-- No function has a flaw.
create function plpgsql_check_function(
  funcoid regprocedure, relid regclass default 0, format text default 'text'
) returns setof text language sql as 'select null::text where false';

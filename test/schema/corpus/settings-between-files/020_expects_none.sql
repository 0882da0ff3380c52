do $$
begin
  assert current_user = 'postgres', 'the role of the file before is still set: ' || current_user;
  assert current_setting('session_replication_role') = 'origin', 'triggers are still off';
  assert current_setting('search_path') like '%public%', 'the search path is still that of the file before';
end
$$;
create table outer_things (id integer primary key);
alter table public.outer_things enable row level security;
grant select on public.outer_things to anon;
create trigger keep before update on outer_things for each row execute function suppress_redundant_updates_trigger();
reset all;

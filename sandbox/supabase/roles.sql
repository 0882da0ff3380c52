-- The roles that every hosted project has. Roles belong to the whole server, so all sandboxes on it share these.
-- Source: github.com/supabase/postgres, migrations/db. None may log in here: a project's own login leads to `postgres`.
do $$
declare
  role text;
begin
  foreach role in array array[
    'postgres nosuperuser createrole bypassrls',
    'anon', 'authenticated', 'service_role bypassrls', 'authenticator noinherit',
    'supabase_admin', 'supabase_auth_admin noinherit createrole', 'supabase_storage_admin noinherit createrole',
    'supabase_realtime_admin noinherit', 'supabase_replication_admin', 'supabase_read_only_user bypassrls',
    'supabase_functions_admin noinherit createrole', 'supabase_etl_admin', 'dashboard_user createrole', 'pgbouncer'
  ] loop
    if not exists (select from pg_roles where rolname = split_part(role, ' ', 1)) then
      execute format('create role %I nologin %s', split_part(role, ' ', 1), substr(role, strpos(role || ' ', ' ')));
    end if;
  end loop;

  grant anon, authenticated, service_role to authenticator;
  -- A server whose superuser is called `postgres` can play no hosted project; that one needs no more powers.
  if not (select rolsuper from pg_roles where rolname = 'postgres') then
    grant anon, authenticated, service_role to postgres with admin option;
    grant authenticator to postgres with admin option, inherit false;
    grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres with admin option;
    -- supautils.privileged_role_allowed_configs; pgrst.* needs every name by itself.
    grant set on parameter session_replication_role, log_statement, log_min_duration_statement, log_min_messages,
      track_io_timing, pgrst.db_schemas, pgrst.db_pre_request, pgrst.db_max_rows, pgrst.db_aggregates_enabled,
      pgrst.openapi_mode to postgres;
  end if;
end
$$;

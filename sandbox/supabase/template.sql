-- What a new Supabase project's database has before its owner adds anything. Applied once per
-- sandbox by a superuser; every project is a copy. `pg_database_owner` stands for the project's
-- role `postgres`, which owns its copy and `public`, and alters nothing of the platform's.
-- Sources: github.com/supabase/postgres, migrations/db; the platform's changelog 34270.

create schema auth;
create schema storage;
create schema realtime;
create schema extensions;
create schema graphql;
create schema graphql_public;
create schema pgbouncer;
create schema vault;

grant usage on schema public, auth, storage, realtime, extensions, graphql, graphql_public
  to anon, authenticated, service_role;
grant usage on schema auth, storage, realtime, graphql, graphql_public to pg_database_owner with grant option;
grant all on schema extensions to pg_database_owner with grant option;
grant usage on schema vault to pg_database_owner, service_role;

do $$
declare
  extension text[];
begin
  foreach extension slice 1 in array array[
    ['pgcrypto', 'extensions'], ['uuid-ossp', 'extensions'], ['pg_stat_statements', 'extensions'],
    ['supabase_vault', 'vault']]
  loop
    if exists (select from pg_available_extensions where name = extension[1]) then
      begin
        execute format('create extension %I with schema %I', extension[1], extension[2]);
      exception when others then
        raise notice 'extension % left out: %', extension[1], sqlerrm;
      end;
    end if;
  end loop;
end
$$;
grant all on all tables in schema vault to pg_database_owner;
grant select, delete on all tables in schema vault to service_role;
grant execute on all functions in schema vault to pg_database_owner, service_role;

create table auth.users (
  instance_id uuid,
  id uuid primary key,
  aud varchar(255),
  role varchar(255),
  email varchar(255),
  encrypted_password varchar(255),
  email_confirmed_at timestamptz,
  invited_at timestamptz,
  confirmation_token varchar(255),
  confirmation_sent_at timestamptz,
  recovery_token varchar(255),
  recovery_sent_at timestamptz,
  email_change_token_new varchar(255),
  email_change varchar(255),
  email_change_sent_at timestamptz,
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  is_super_admin boolean,
  created_at timestamptz,
  updated_at timestamptz,
  phone text unique default null,
  phone_confirmed_at timestamptz,
  phone_change text default '',
  phone_change_token varchar(255) default '',
  phone_change_sent_at timestamptz,
  confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
  email_change_token_current varchar(255) default '',
  email_change_confirm_status smallint default 0,
  banned_until timestamptz,
  reauthentication_token varchar(255) default '',
  reauthentication_sent_at timestamptz,
  is_sso_user boolean not null default false,
  deleted_at timestamptz,
  is_anonymous boolean not null default false
);
create unique index users_email_partial_key on auth.users (email) where not is_sso_user;

create table auth.identities (
  provider_id text not null,
  user_id uuid not null references auth.users (id) on delete cascade,
  identity_data jsonb not null,
  provider text not null,
  last_sign_in_at timestamptz,
  created_at timestamptz,
  updated_at timestamptz,
  email text generated always as (lower(identity_data ->> 'email')) stored,
  id uuid primary key default gen_random_uuid(),
  unique (provider_id, provider)
);
create table auth.sessions (
  id uuid primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  created_at timestamptz,
  updated_at timestamptz,
  factor_id uuid,
  not_after timestamptz
);
create table auth.refresh_tokens (
  instance_id uuid,
  id bigserial primary key,
  token varchar(255) unique,
  user_id varchar(255),
  revoked boolean,
  created_at timestamptz,
  updated_at timestamptz,
  parent varchar(255),
  session_id uuid references auth.sessions (id) on delete cascade
);
create table auth.audit_log_entries (
  instance_id uuid,
  id uuid primary key,
  payload json,
  created_at timestamptz,
  ip_address varchar(64) not null default ''
);

create function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;

create function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid
$$;

create function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  )
$$;

create function auth.email() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  )
$$;

create table storage.buckets (
  id text primary key,
  name text not null unique,
  owner uuid,
  owner_id text,
  public boolean default false,
  avif_autodetection boolean default false,
  file_size_limit bigint,
  allowed_mime_types text[],
  type text not null default 'STANDARD',
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

create table storage.objects (
  id uuid primary key default gen_random_uuid(),
  bucket_id text references storage.buckets (id),
  name text,
  owner uuid,
  owner_id text,
  metadata jsonb,
  user_metadata jsonb,
  version text,
  path_tokens text[] generated always as (string_to_array(name, '/')) stored,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  last_accessed_at timestamptz default now(),
  unique (bucket_id, name)
);

create function storage.foldername(name text) returns text[] language sql immutable as $$
  select (string_to_array(name, '/'))[1 : array_length(string_to_array(name, '/'), 1) - 1]
$$;

create function storage.filename(name text) returns text language sql immutable as $$
  select (string_to_array(name, '/'))[array_length(string_to_array(name, '/'), 1)]
$$;

create function storage.extension(name text) returns text language sql immutable as $$
  select reverse(split_part(reverse(storage.filename(name)), '.', 1))
$$;

create table realtime.messages (
  id uuid not null default gen_random_uuid(),
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  primary key (id, inserted_at)
) partition by range (inserted_at);

create function realtime.topic() returns text language sql stable as
  $$ select nullif(current_setting('realtime.topic', true), '') $$;
create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
  language sql as '';
create function realtime.broadcast_changes(
  topic_name text, event_name text, operation text, table_name text, table_schema text, new record, old record,
  level text default 'ROW'
) returns void language plpgsql as 'begin end';

do $$
declare
  relation regclass;
  routine regprocedure;
  platform text[];
begin
  foreach platform slice 1 in array array[
    ['auth', 'supabase_auth_admin'], ['storage', 'supabase_storage_admin'], ['realtime', 'supabase_realtime_admin']]
  loop
    for relation in select oid from pg_class
      where relnamespace = platform[1]::regnamespace and relkind in ('r', 'p')
    loop
      execute format('alter table %s owner to %I', relation, platform[2]);
      execute format('alter table %s enable row level security', relation);
    end loop;
    for routine in select oid from pg_proc where pronamespace = platform[1]::regnamespace loop
      execute format('alter function %s owner to %I', routine, platform[2]);
    end loop;
    execute format('alter schema %I owner to %I', platform[1], platform[2]);
    execute format('grant all on all tables in schema %I to pg_database_owner with grant option', platform[1]);
    execute format('grant all on all sequences in schema %I to pg_database_owner with grant option', platform[1]);
    execute format('grant execute on all functions in schema %I to anon, authenticated, service_role, '
      'pg_database_owner', platform[1]);
  end loop;
end
$$;
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;
grant all on all tables in schema auth to service_role;

-- Hosted projects lend `postgres` the ownership of these tables for the length of one statement
-- (supautils: policy_grants, drop_trigger_grants): policies and triggers can be made there, and no
-- other change. Written to the catalog, since OWNER TO would change the grants as well.
create function extensions.lend_platform_tables() returns event_trigger language plpgsql security definer
set search_path = pg_catalog as $$
begin
  update pg_class set relowner = (select datdba from pg_database where datname = current_database())
  where oid in ('auth.users'::regclass, 'auth.identities'::regclass, 'auth.sessions'::regclass,
    'auth.refresh_tokens'::regclass, 'auth.audit_log_entries'::regclass, 'realtime.messages'::regclass,
    'storage.buckets'::regclass, 'storage.objects'::regclass);
end
$$;
create function extensions.take_back_platform_tables() returns event_trigger language plpgsql security definer
set search_path = pg_catalog as $$
begin
  update pg_class set relowner = nspowner from pg_namespace
  where pg_namespace.oid = relnamespace and nspname in ('auth', 'storage', 'realtime')
    and relkind in ('r', 'p') and relowner <> nspowner;
end
$$;
create event trigger lend_platform_tables on ddl_command_start
  when tag in ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'DROP TRIGGER')
  execute function extensions.lend_platform_tables();
create event trigger take_back_platform_tables on ddl_command_end
  when tag in ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'DROP TRIGGER')
  execute function extensions.take_back_platform_tables();

-- Scripts of extensions can't speak to the user below WARNING; this can.
create function extensions.announce_stand_in() returns event_trigger language plpgsql as $$
declare
  made record;
begin
  for made in
    select extname, obj_description(objid, 'pg_extension') as about
    from pg_event_trigger_ddl_commands() join pg_extension on pg_extension.oid = objid
    where classid = 'pg_extension'::regclass
  loop
    if made.about like 'stand-in %' then
      raise notice 'the sandbox has no %: a %', made.extname, made.about;
    end if;
  end loop;
end
$$;
-- Hosted projects do the same in a hook, which runs whatever session_replication_role says.
alter event trigger lend_platform_tables enable always;
alter event trigger take_back_platform_tables enable always;

create event trigger announce_stand_in on ddl_command_end when tag in ('CREATE EXTENSION')
  execute function extensions.announce_stand_in();

-- What the platform itself makes in `public` goes to everybody, as on hosted projects.
alter default privileges in schema public grant all on tables to pg_database_owner, anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to pg_database_owner, anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to pg_database_owner, anon, authenticated, service_role;

create publication supabase_realtime;
alter publication supabase_realtime owner to pg_database_owner;

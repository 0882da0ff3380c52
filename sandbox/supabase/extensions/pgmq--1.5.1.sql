-- Queues are kept as tables; a message is stored, and none is ever made visible again.
create schema pgmq;
create type pgmq.message_record as (
  msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb, headers jsonb
);
create table pgmq.meta (
  queue_name varchar primary key,
  is_partitioned boolean not null default false,
  is_unlogged boolean not null default false,
  created_at timestamptz not null default now()
);

create function pgmq.create(queue_name text) returns void language plpgsql security definer
set search_path = pg_catalog as $$
declare
  prefix text;
begin
  insert into pgmq.meta (queue_name) values ($1) on conflict do nothing;
  foreach prefix in array array['q', 'a'] loop
    execute format('create table if not exists pgmq.%I (msg_id bigint generated always as identity primary key,
      read_ct integer not null default 0, enqueued_at timestamptz not null default now(),
      vt timestamptz not null default now(), message jsonb, headers jsonb)', prefix || '_' || lower($1));
    execute format('grant all on pgmq.%I to %I', prefix || '_' || lower($1),
      (select pg_get_userbyid(datdba) from pg_database where datname = current_database()));
  end loop;
end
$$;
create function pgmq.create_non_partitioned(queue_name text) returns void language sql as
  'select pgmq.create(queue_name)';
create function pgmq.create_unlogged(queue_name text) returns void language sql as 'select pgmq.create(queue_name)';

create function pgmq.drop_queue(queue_name text) returns boolean language plpgsql security definer
set search_path = pg_catalog as $$
begin
  execute format('drop table if exists pgmq.%I, pgmq.%I', 'q_' || lower($1), 'a_' || lower($1));
  delete from pgmq.meta where meta.queue_name = $1;
  return found;
end
$$;

create function pgmq.send(queue_name text, msg jsonb, delay integer default 0) returns setof bigint
language plpgsql security definer set search_path = pg_catalog as $$
begin
  return query execute format('insert into pgmq.%I (message) values ($1) returning msg_id', 'q_' || lower(queue_name))
    using msg;
end
$$;

create function pgmq.read(queue_name text, vt integer, qty integer) returns setof pgmq.message_record
language sql as 'select null::pgmq.message_record where false';
create function pgmq.pop(queue_name text) returns setof pgmq.message_record
language sql as 'select null::pgmq.message_record where false';
create function pgmq.delete(queue_name text, msg_id bigint) returns boolean language sql as 'select false';
create function pgmq.archive(queue_name text, msg_id bigint) returns boolean language sql as 'select false';
create function pgmq.purge_queue(queue_name text) returns bigint language sql as 'select 0::bigint';

grant usage on schema pgmq to @extowner@ with grant option;
grant all on all tables in schema pgmq to @extowner@ with grant option;

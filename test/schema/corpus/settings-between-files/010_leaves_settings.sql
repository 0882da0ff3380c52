create schema app;
grant usage on schema app to service_role;
set search_path = app;
set session_replication_role = replica;
set default_transaction_read_only = on;
set check_function_bodies = off;
create table inner_things (id integer primary key);
set role service_role;
select current_user;

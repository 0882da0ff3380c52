create extension if not exists citext with schema extensions;
create extension if not exists pgjwt with schema extensions;
create table public.tokens (id integer primary key);
alter table public.tokens enable row level security;

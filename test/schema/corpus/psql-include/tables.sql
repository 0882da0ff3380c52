create table public.pumps (id integer primary key);
alter table public.pumps enable row level security;

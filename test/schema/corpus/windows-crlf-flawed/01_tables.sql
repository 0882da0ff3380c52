create table public.hoists (id integer primary key);
alter table public.hoists enable row level security;

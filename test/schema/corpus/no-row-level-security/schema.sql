create table public.tides (at timestamptz primary key, height numeric not null);
create table public.winds (at timestamptz primary key, knots numeric not null);
alter table public.winds enable row level security;
grant select on public.tides, public.winds to anon, authenticated;

create table public.gauges (id integer primary key, level numeric not null);
alter table public.gauges enable row level security;
grant select on public.gauges to anon;

create index concurrently gauges_level_idx on public.gauges (level);

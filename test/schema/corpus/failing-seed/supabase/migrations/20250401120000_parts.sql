create table public.makers (id integer primary key);
create table public.parts (
  id integer primary key,
  maker_id integer not null references public.makers (id)
);
alter table public.makers enable row level security;
alter table public.parts enable row level security;
grant select on public.makers, public.parts to authenticated;

create table public.albums (id uuid primary key default gen_random_uuid(), title text not null);
alter table public.albums enable row level security;
grant select on public.albums to anon;

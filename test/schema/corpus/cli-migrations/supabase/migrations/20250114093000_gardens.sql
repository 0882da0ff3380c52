create table public.gardens (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references auth.users (id) on delete cascade,
  name text not null check (length(name) between 1 and 80),
  created_at timestamptz not null default now()
);

alter table public.gardens enable row level security;

create policy "owners see their gardens" on public.gardens
  for select to authenticated using ((select auth.uid()) = owner_id);
create policy "owners plan their gardens" on public.gardens
  for insert to authenticated with check ((select auth.uid()) = owner_id);

grant select, insert on public.gardens to authenticated;

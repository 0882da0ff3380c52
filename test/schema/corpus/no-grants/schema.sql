-- Enough in a project made before June 2026, and out of reach in every later one.
create table public.moorings (
  id uuid primary key default gen_random_uuid(),
  keeper uuid not null references auth.users (id)
);
alter table public.moorings enable row level security;
create policy "own moorings" on public.moorings for all to authenticated using (keeper = auth.uid());

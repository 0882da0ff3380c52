create table public.species (name text primary key, months int4range not null);
alter table public.species enable row level security;
create policy "everybody reads species" on public.species for select using (true);
grant select on public.species to anon, authenticated;
alter table public.plants add foreign key (species) references public.species (name);

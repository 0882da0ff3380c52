create table public.plants (
  id bigint generated always as identity primary key,
  garden_id uuid not null references public.gardens (id) on delete cascade,
  species text not null
);
create index plants_garden_id_idx on public.plants (garden_id);

alter table public.plants enable row level security;
create policy "plants go with their garden" on public.plants for all to authenticated
  using (exists (select from public.gardens where gardens.id = garden_id));

grant select, insert, update, delete on public.plants to authenticated;

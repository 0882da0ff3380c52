-- A small template, so that tests which are not about the schema lose no time on it.
create table public.projects (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid references auth.users (id) on delete cascade,
  name text not null
);

create table public.tasks (
  id uuid primary key default gen_random_uuid(),
  project_id uuid not null references public.projects (id) on delete cascade,
  title text not null,
  is_done boolean not null default false
);
create index tasks_project_id_idx on public.tasks (project_id);

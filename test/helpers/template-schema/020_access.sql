alter table public.projects enable row level security;
alter table public.tasks enable row level security;

create policy owners_have_their_projects on public.projects
  for all to authenticated
  using (owner_id = (select auth.uid()))
  with check (owner_id = (select auth.uid()));
create policy owners_have_their_tasks on public.tasks
  for all to authenticated
  using (exists (select from public.projects p where p.id = project_id and p.owner_id = (select auth.uid())))
  with check (exists (select from public.projects p where p.id = project_id and p.owner_id = (select auth.uid())));

grant usage on schema public to anon, authenticated, service_role;
grant select, insert, update, delete on public.projects, public.tasks to authenticated, service_role;
grant select on public.projects, public.tasks to anon;

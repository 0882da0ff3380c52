create policy "members see their tenant" on public.tenants for select to authenticated
  using (private.has_seat(id));
create policy "captains rename their tenant" on public.tenants for update to authenticated
  using (private.has_seat(id, 'captain')) with check (private.has_seat(id, 'captain'));
create policy "members see each other" on public.seats for select to authenticated
  using (private.has_seat(tenant_id));
create policy "no guest after hours" on public.seats as restrictive for select to authenticated
  using (role <> 'guest' or extract(hour from now()) between 0 and 23);

grant select on public.tenants, public.seats to authenticated;
grant update (slug) on public.tenants to authenticated;
grant all on all tables in schema public to service_role;

create table public.members (id uuid primary key, email text not null, city text);
alter table public.members enable row level security;
create policy "own row" on public.members for select to authenticated using (id = auth.uid());
grant select on public.members to authenticated;

create view public.member_list as select id, city from public.members;
create view public.own_member with (security_invoker = true) as select * from public.members;
create materialized view public.cities as select city, count(*) from public.members group by city;
grant select on public.member_list, public.own_member, public.cities to authenticated;

create function public.count_members() returns bigint language sql security definer set search_path = '' as
  $$ select count(*) from public.members $$;

create table public.limits (name text primary key, at_most integer not null);
alter table public.limits enable row level security;
grant select on public.limits to service_role;

do $$
begin
  if not exists (select from public.limits) then
    raise exception 'the table of limits is empty'
      using detail = 'Nothing was inserted before.', hint = 'Insert the limits first.';
  end if;
end
$$;

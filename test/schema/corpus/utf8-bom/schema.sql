create table public.städte (name text primary key);
alter table public.städte enable row level security;
insert into public.städte values ('Zürich'), ('São Paulo'), ('東京');
do $$
begin
  assert (select char_length(name) from public.städte where name like 'Z%') = 6, 'an umlaut became two letters';
end
$$;
grant select on public.städte to anon;

create table public.orte (name text primary key);
alter table public.orte enable row level security;
grant select on public.orte to anon;

insert into public.orte values ('Zürich'), ('“Café”');

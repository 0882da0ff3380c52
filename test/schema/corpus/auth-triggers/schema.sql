create table public.profiles (
  id uuid primary key references auth.users on delete cascade,
  handle text unique,
  avatar_url text,
  constraint handle_length check (char_length(handle) >= 3)
);
alter table public.profiles enable row level security;
create policy "profiles are readable" on public.profiles for select to authenticated using (true);
create policy "one's own profile" on public.profiles for update to authenticated using ((select auth.uid()) = id);
grant select, update on public.profiles to authenticated;

create or replace function public.handle_new_user()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.profiles (id, handle, avatar_url)
  values (new.id, new.raw_user_meta_data ->> 'handle', new.raw_user_meta_data ->> 'avatar_url');
  return new;
end;
$$;

drop trigger if exists on_auth_user_created on auth.users;
create trigger on_auth_user_created
  after insert on auth.users
  for each row execute procedure public.handle_new_user();

insert into auth.users (id, email, raw_user_meta_data)
values ('0b0f0b6e-5ad1-4c7d-8f0a-0f3c1d2e3f40', 'first@example.com', '{"handle": "first"}');
do $$
begin
  assert (select handle from public.profiles) = 'first', 'the trigger did not make a profile';
end;
$$;

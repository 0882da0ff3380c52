insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('portraits', 'portraits', true, 1048576, array['image/png', 'image/jpeg']),
       ('contracts', 'contracts', false, null, null)
on conflict (id) do nothing;

create table public.documents (
  path text primary key,
  owner_id uuid not null default auth.uid() references auth.users (id),
  object_id uuid references storage.objects (id) on delete set null
);
alter table public.documents enable row level security;
create policy "own documents" on public.documents for all to authenticated using (owner_id = (select auth.uid()));
grant select, insert, update, delete on public.documents to authenticated;

drop policy if exists "portraits are public" on storage.objects;
create policy "portraits are public" on storage.objects for select using (bucket_id = 'portraits');
create policy "portraits are one's own" on storage.objects for insert to authenticated
  with check (bucket_id = 'portraits' and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy "contracts are the owner's" on storage.objects for all to authenticated
  using (bucket_id = 'contracts' and owner_id = (select auth.uid())::text)
  with check (bucket_id = 'contracts' and storage.extension(name) = 'pdf');
alter policy "portraits are public" on storage.objects to anon, authenticated;

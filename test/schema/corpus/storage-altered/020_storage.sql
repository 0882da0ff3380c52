-- Row-level security of files is on in every project, and their table is the platform's.
insert into storage.buckets (id, name) values ('albums', 'albums');

alter table storage.objects enable row level security;

create policy "albums are open" on storage.objects for select using (bucket_id = 'albums');

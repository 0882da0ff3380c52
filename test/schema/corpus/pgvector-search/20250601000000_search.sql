create extension if not exists vector with schema extensions;

create table public.passages (
  id bigint generated always as identity primary key,
  body text not null,
  embedding extensions.vector(1536),
  fts tsvector generated always as (to_tsvector('english', body)) stored
);
alter table public.passages enable row level security;
create policy "readers" on public.passages for select to authenticated using (true);
grant select on public.passages to authenticated;
grant all on public.passages to service_role;

create index passages_embedding_idx on public.passages
  using hnsw (embedding extensions.vector_cosine_ops) with (m = 16, ef_construction = 64);
create index passages_embedding_lists on public.passages
  using ivfflat (embedding extensions.vector_l2_ops)
  with (lists = 100);
create index passages_fts_idx on public.passages using gin (fts);

create function public.match_passages(query extensions.vector(1536), lowest float, many int)
returns table (id bigint, body text, similarity float)
language sql stable set search_path = '' as $$
  select passages.id, passages.body, 1 - (passages.embedding operator(extensions.<=>) query) as similarity
  from public.passages
  where 1 - (passages.embedding operator(extensions.<=>) query) > lowest
  order by passages.embedding operator(extensions.<=>) query
  limit many
$$;

insert into public.passages (body, embedding)
select 'a passage', ('[' || array_to_string(array_fill(0.25, array[1536]), ',') || ']')::extensions.vector;

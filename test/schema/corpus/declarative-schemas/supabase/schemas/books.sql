create extension if not exists pg_trgm with schema extensions;
create extension if not exists unaccent with schema extensions;

create table "public"."books" (
  "isbn" text not null primary key,
  "title" text not null,
  "shelf" text
);
create index books_title_idx on public.books using gin (title extensions.gin_trgm_ops);
alter table "public"."books" enable row level security;
create policy "the catalogue is open" on "public"."books" as permissive for select to public using (true);
grant select on table "public"."books" to "anon", "authenticated";

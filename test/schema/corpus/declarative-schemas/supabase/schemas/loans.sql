create table "public"."loans" (
  "isbn" text not null references "public"."books" ("isbn"),
  "reader" uuid not null default auth.uid() references auth.users (id),
  "due" date not null default current_date + 28,
  "period" daterange generated always as (daterange(null, due)) stored,
  primary key (isbn, reader)
);
alter table "public"."loans" enable row level security;
create policy "readers see their loans" on "public"."loans" for select to authenticated
  using ((select auth.uid()) = reader);
grant select on table "public"."loans" to "authenticated";
grant all on table "public"."loans" to "service_role";

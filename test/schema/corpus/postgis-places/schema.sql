-- In `public`, as most guides have it: its own table and views come with it.
create extension if not exists postgis;

create table public.shops (
  id bigint generated always as identity primary key,
  name text not null,
  spot geography(POINT) not null,
  district geometry(MultiPolygon, 4326),
  constraint district_is_valid check (st_isvalid(district))
);
alter table public.shops enable row level security;
create policy "everybody reads shops" on public.shops for select to anon, authenticated using (true);
grant select on public.shops to anon, authenticated;
grant all on public.shops to service_role;

create index shops_spot_idx on public.shops using gist (spot);
create index shops_district_idx on public.shops using gist (district);

create function public.shops_nearby(lat float, long float, metres float default 1000)
returns table (id bigint, name text, away float)
language sql stable as $$
  select id, name, st_distance(spot, st_point(long, lat)::geography) as away
  from public.shops
  where st_dwithin(spot, st_point(long, lat)::geography, metres)
  order by spot <-> st_point(long, lat)::geography
$$;

create function public.shops_in_view(min_lat float, min_long float, max_lat float, max_long float)
returns table (id bigint, name text, lat float, long float)
language sql stable as $$
  select id, name, st_y(spot::geometry), st_x(spot::geometry)
  from public.shops
  where spot && st_setsrid(st_makebox2d(st_point(min_long, min_lat), st_point(max_long, max_lat)), 4326)
$$;

insert into public.shops (name, spot, district) values
  ('Old Mill', st_point(13.4, 52.5), null),
  ('Harbour', 'SRID=4326;POINT(9.99 53.55)', st_multi(st_makeenvelope(9.9, 53.5, 10.1, 53.6, 4326))),
  ('Market', st_setsrid(st_makepoint(8.54, 47.37), 4326)::geography, null);

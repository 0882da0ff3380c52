-- The types are texts, so that every literal is taken and read back as it was given. What makes a geometry answers one;
-- what changes one answers it unchanged; what measures or compares is null. A GiST index is kept by the functions that
-- btree_gist has for integers: its keys mean nothing, whatever the length of a geometry, and nothing is found by it.
create function geometry_typmod(words text[]) returns integer language plpgsql immutable strict parallel safe as $$
declare
  shape text := regexp_replace(upper(words[1]), '(ZM|Z|M)$', '');
  srid integer := coalesce(words[2], '0')::integer;
  shapes constant text[] := array['GEOMETRY', 'POINT', 'LINESTRING', 'POLYGON', 'MULTIPOINT', 'MULTILINESTRING',
    'MULTIPOLYGON', 'GEOMETRYCOLLECTION', 'CIRCULARSTRING', 'COMPOUNDCURVE', 'CURVEPOLYGON', 'MULTICURVE',
    'MULTISURFACE', 'POLYHEDRALSURFACE', 'TRIANGLE', 'TIN'];
begin
  if array_position(shapes, shape) is null or cardinality(words) > 2 then
    raise exception 'Invalid geometry type modifier: %', words[1] using errcode = 'invalid_parameter_value';
  end if;
  return srid * 16 + array_position(shapes, shape) - 1;
end
$$;

do $$
declare
  kind text;
  operator text[];
begin
  foreach kind in array array['geometry', 'geography'] loop
    execute format($sql$
      create type %1$I;
      create function %1$s_in(cstring) returns %1$I language internal immutable strict parallel safe as 'textin';
      create function %1$s_out(%1$I) returns cstring language internal immutable strict parallel safe as 'textout';
      create function %1$s_recv(internal) returns %1$I language internal stable strict parallel safe as 'textrecv';
      create function %1$s_send(%1$I) returns bytea language internal stable strict parallel safe as 'textsend';
      create function %1$s_typmod_in(cstring[]) returns integer language sql immutable strict parallel safe
        as $f$ select @extschema@.geometry_typmod(string_to_array(array_to_string($1, ','), ',')) $f$;
      create type %1$I (input = %1$s_in, output = %1$s_out, receive = %1$s_recv, send = %1$s_send,
        typmod_in = %1$s_typmod_in, storage = extended);

      create function %1$s_lt(%1$I, %1$I) returns boolean language internal immutable strict parallel safe as 'bytealt';
      create function %1$s_le(%1$I, %1$I) returns boolean language internal immutable strict parallel safe as 'byteale';
      create function %1$s_eq(%1$I, %1$I) returns boolean language internal immutable strict parallel safe as 'byteaeq';
      create function %1$s_ge(%1$I, %1$I) returns boolean language internal immutable strict parallel safe as 'byteage';
      create function %1$s_gt(%1$I, %1$I) returns boolean language internal immutable strict parallel safe as 'byteagt';
      create function %1$s_cmp(%1$I, %1$I) returns integer language internal immutable strict parallel safe as 'byteacmp';
      create function %1$s_hash(%1$I) returns integer language internal immutable strict parallel safe as 'hashvarlena';
      create operator < (leftarg = %1$I, rightarg = %1$I, function = %1$s_lt, commutator = >, negator = >=);
      create operator <= (leftarg = %1$I, rightarg = %1$I, function = %1$s_le, commutator = >=, negator = >);
      create operator = (leftarg = %1$I, rightarg = %1$I, function = %1$s_eq, commutator = =, hashes, merges);
      create operator >= (leftarg = %1$I, rightarg = %1$I, function = %1$s_ge, commutator = <=, negator = <);
      create operator > (leftarg = %1$I, rightarg = %1$I, function = %1$s_gt, commutator = <, negator = <=);
      create operator class btree_%1$s_ops default for type %1$I using btree as
        operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 %1$s_cmp(%1$I, %1$I);
      create operator class hash_%1$s_ops default for type %1$I using hash as operator 1 =, function 1 %1$s_hash(%1$I);

      create function %1$s_related(%1$I, %1$I) returns boolean language sql immutable strict parallel safe
        as 'select null::boolean';
      create function %1$s_apart(%1$I, %1$I) returns double precision language sql immutable strict parallel safe
        as 'select null::double precision';
      create operator && (leftarg = %1$I, rightarg = %1$I, function = %1$s_related, commutator = &&);
      create operator <-> (leftarg = %1$I, rightarg = %1$I, function = %1$s_apart, commutator = <->);

      create function %1$s_gist_consistent(internal, %1$I, smallint, oid, internal) returns boolean
        language c immutable strict as '$libdir/btree_gist', 'gbt_int4_consistent';
    $sql$, kind);
  end loop;

  foreach operator slice 1 in array array[['<<', '>>'], ['>>', '<<'], ['&<', null], ['&>', null], ['<<|', '|>>'],
    ['|>>', '<<|'], ['&<|', null], ['|&>', null], ['@', '~'], ['~', '@'], ['~=', '~='], ['&&&', '&&&']]
  loop
    execute format('create operator %s (leftarg = geometry, rightarg = geometry, function = geometry_related%s)',
      operator[1], ', commutator = ' || operator[2]);
  end loop;
  foreach operator slice 1 in array array[['<#>'], ['<<->>'], ['|=|']] loop
    execute format('create operator %1$s (leftarg = geometry, rightarg = geometry, function = geometry_apart,
      commutator = %1$s)', operator[1]);
  end loop;
end
$$;

create type geometry_key;
create function geometry_key_in(cstring) returns geometry_key
  language c immutable strict as '$libdir/btree_gist', 'gbtreekey_in';
create function geometry_key_out(geometry_key) returns cstring
  language c immutable strict as '$libdir/btree_gist', 'gbtreekey_out';
create type geometry_key (internallength = 8, input = geometry_key_in, output = geometry_key_out);
create function geometry_gist_compress(internal) returns internal
  language c immutable strict as '$libdir/btree_gist', 'gbt_int4_compress';
create function geometry_gist_union(internal, internal) returns geometry_key
  language c immutable strict as '$libdir/btree_gist', 'gbt_int4_union';
create function geometry_gist_penalty(internal, internal, internal) returns internal
  language c immutable strict as '$libdir/btree_gist', 'gbt_int4_penalty';
create function geometry_gist_picksplit(internal, internal) returns internal
  language c immutable strict as '$libdir/btree_gist', 'gbt_int4_picksplit';
create function geometry_gist_same(geometry_key, geometry_key, internal) returns internal
  language c immutable strict as '$libdir/btree_gist', 'gbt_int4_same';

-- Numbers of operators that btree_gist does not know: for them it finds nothing.
do $$
declare
  class text[];
begin
  foreach class slice 1 in array array[
    ['gist_geometry_ops_2d', 'geometry', 'default', 'operator 21 <<, operator 22 &<, operator 23 &&, operator 24 &>,
      operator 25 >>, operator 26 ~=, operator 27 ~, operator 28 @, operator 29 &<|, operator 30 <<|, operator 31 |>>,
      operator 32 |&>'],
    ['gist_geometry_ops_nd', 'geometry', '', 'operator 23 &&&'],
    ['gist_geography_ops', 'geography', 'default', 'operator 23 &&']]
  loop
    execute format($sql$
      create operator class %1$I %3$s for type %2$I using gist as %4$s,
        function 1 %2$s_gist_consistent(internal, %2$I, smallint, oid, internal),
        function 2 geometry_gist_union(internal, internal), function 3 geometry_gist_compress(internal),
        function 5 geometry_gist_penalty(internal, internal, internal),
        function 6 geometry_gist_picksplit(internal, internal),
        function 7 geometry_gist_same(geometry_key, geometry_key, internal), storage geometry_key
    $sql$, class[1], class[2], class[3], class[4]);
  end loop;
end
$$;

create domain box2d as geometry;
create domain box3d as geometry;
create cast (geometry as geography) without function as implicit;
create cast (geography as geometry) without function;
create cast (text as geometry) without function as implicit;
create cast (geometry as text) without function as implicit;
create cast (bytea as geometry) without function as implicit;
create cast (geometry as bytea) without function as implicit;
create cast (bytea as geography) without function as implicit;
create cast (geography as bytea) without function as implicit;

do $$
declare
  shape text;
  answer text[];
  name text;
begin
  -- Makes one.
  foreach answer slice 1 in array array[
    ['st_point', 'double precision, double precision', $f$ format('POINT(%s %s)', $1, $2) $f$],
    ['st_point', 'double precision, double precision, integer', $f$ format('SRID=%s;POINT(%s %s)', $3, $1, $2) $f$],
    ['st_makepoint', 'double precision, double precision', $f$ format('POINT(%s %s)', $1, $2) $f$],
    ['st_makepoint', 'double precision, double precision, double precision',
      $f$ format('POINT Z (%s %s %s)', $1, $2, $3) $f$],
    ['st_geomfromtext', 'text', '$1'],
    ['st_geomfromtext', 'text, integer', $f$ format('SRID=%s;%s', $2, $1) $f$],
    ['st_geometryfromtext', 'text', '$1'],
    ['st_geometryfromtext', 'text, integer', $f$ format('SRID=%s;%s', $2, $1) $f$],
    ['st_pointfromtext', 'text', '$1'],
    ['st_pointfromtext', 'text, integer', $f$ format('SRID=%s;%s', $2, $1) $f$],
    ['st_geomfromewkt', 'text', '$1'],
    ['st_geomfromgeojson', 'text', '$1'],
    ['st_geomfromgeojson', 'json', '$1::text'],
    ['st_geomfromgeojson', 'jsonb', '$1::text'],
    ['st_geomfromwkb', 'bytea', $f$ encode($1, 'hex') $f$],
    ['st_geomfromwkb', 'bytea, integer', $f$ format('SRID=%s;%s', $2, encode($1, 'hex')) $f$],
    ['st_geomfromewkb', 'bytea', $f$ encode($1, 'hex') $f$],
    ['st_makeenvelope', 'double precision, double precision, double precision, double precision, integer default 0',
      $f$ format('SRID=%5$s;POLYGON((%1$s %2$s,%1$s %4$s,%3$s %4$s,%3$s %2$s,%1$s %2$s))', $1, $2, $3, $4, $5) $f$],
    ['st_tileenvelope', 'integer, integer, integer', $f$ 'POLYGON EMPTY' $f$],
    ['st_makeline', 'geometry, geometry', '$1::text'],
    ['st_makebox2d', 'geometry, geometry', '$1::text'],
    ['st_collect', 'geometry, geometry', '$1::text'],
    ['st_union', 'geometry, geometry', '$1::text'],
    ['st_intersection', 'geometry, geometry', '$1::text'],
    ['st_difference', 'geometry, geometry', '$1::text'],
    ['st_symdifference', 'geometry, geometry', '$1::text'],
    ['st_closestpoint', 'geometry, geometry', '$1::text'],
    ['st_setsrid', 'geometry, integer', '$1::text'],
    ['st_transform', 'geometry, integer', '$1::text'],
    ['st_simplify', 'geometry, double precision', '$1::text'],
    ['st_simplifypreservetopology', 'geometry, double precision', '$1::text'],
    ['st_snaptogrid', 'geometry, double precision', '$1::text'],
    ['st_buffer', 'geometry, double precision', '$1::text'],
    ['st_expand', 'geometry, double precision', '$1::text'],
    ['st_lineinterpolatepoint', 'geometry, double precision', '$1::text'],
    ['st_geometryn', 'geometry, integer', '$1::text'],
    ['st_pointn', 'geometry, integer', '$1::text']]
  loop
    execute format('create function %s(%s) returns geometry language sql immutable strict parallel safe as %L',
      answer[1], answer[2], 'select (' || answer[3] || ')::@extschema@.geometry');
  end loop;
  foreach name in array array['st_geogfromtext', 'st_geographyfromtext'] loop
    execute format('create function %s(text) returns geography language sql immutable strict parallel safe as %L',
      name, 'select $1::@extschema@.geography');
  end loop;
  foreach name in array array['st_centroid', 'st_envelope', 'st_convexhull', 'st_multi', 'st_makevalid', 'st_boundary',
    'st_pointonsurface', 'st_startpoint', 'st_endpoint', 'st_makepolygon', 'st_reverse', 'st_force2d', 'st_force3d',
    'st_flipcoordinates', 'st_linemerge', 'st_normalize', 'st_exteriorring']
  loop
    execute format('create function %s(geometry) returns geometry language sql immutable strict parallel safe as %L',
      name, 'select $1');
  end loop;
  execute 'create function st_buffer(geography, double precision) returns geography language sql immutable strict
    parallel safe as ''select $1''';

  -- Shows one.
  foreach shape in array array['geometry', 'geography'] loop
    foreach name in array array['st_astext', 'st_asewkt'] loop
      execute format('create function %s(%I) returns text language sql immutable strict parallel safe as %L',
        name, shape, 'select $1::text');
    end loop;
    execute format('create function st_asgeojson(%I, integer default 9, integer default 8) returns text language sql
      immutable strict parallel safe as %L', shape, 'select null::text');
    foreach name in array array['st_asbinary', 'st_asewkb'] loop
      execute format('create function %s(%I) returns bytea language sql immutable strict parallel safe as %L',
        name, shape, $f$ select convert_to($1::text, 'UTF8') $f$);
    end loop;
  end loop;

  -- Measures and compares.
  foreach answer slice 1 in array array[
    ['double precision', 'geometry', 'st_x st_y st_z st_m st_xmin st_xmax st_ymin st_ymax st_area st_length st_perimeter'],
    ['double precision', 'geography', 'st_area st_length st_perimeter'],
    ['double precision', 'geometry, geometry', 'st_distance st_distancesphere st_distancespheroid st_azimuth
      st_maxdistance st_hausdorffdistance st_linelocatepoint'],
    ['double precision', 'geography, geography', 'st_distance st_azimuth'],
    ['double precision', 'geography, geography, boolean', 'st_distance'],
    ['integer', 'geometry', 'st_srid st_npoints st_numpoints st_numgeometries st_dimension st_ndims st_numinteriorrings'],
    ['text', 'geometry', 'st_geometrytype geometrytype st_isvalidreason'],
    ['text', 'geometry, integer', 'st_geohash'],
    ['boolean', 'geometry', 'st_isvalid st_isempty st_issimple st_isclosed st_iscollection'],
    ['boolean', 'geometry, geometry', 'st_contains st_containsproperly st_within st_covers st_coveredby st_intersects
      st_disjoint st_touches st_crosses st_overlaps st_equals'],
    ['boolean', 'geometry, geometry, double precision', 'st_dwithin'],
    ['boolean', 'geography, geography', 'st_covers st_coveredby st_intersects'],
    ['boolean', 'geography, geography, double precision, boolean default true', 'st_dwithin']]
  loop
    foreach name in array regexp_split_to_array(answer[3], '\s+') loop
      execute format('create function %s(%s) returns %s language sql immutable strict parallel safe as %L',
        name, answer[2], answer[1], 'select null::' || answer[1]);
    end loop;
  end loop;
end
$$;

create aggregate st_collect(geometry) (sfunc = st_collect, stype = geometry, parallel = safe);
create aggregate st_union(geometry) (sfunc = st_union, stype = geometry, parallel = safe);
create aggregate st_makeline(geometry) (sfunc = st_makeline, stype = geometry, parallel = safe);
create aggregate st_extent(geometry) (sfunc = st_union, stype = geometry, parallel = safe);

create function postgis_version() returns text language sql immutable as $$ select '3.3 STAND_IN=1'::text $$;
create function postgis_full_version() returns text language sql immutable
  as $$ select 'POSTGIS="3.3.7 stand-in"'::text $$;

create table spatial_ref_sys (
  srid integer primary key check (srid > 0 and srid <= 998999),
  auth_name varchar(256),
  auth_srid integer,
  srtext varchar(2048),
  proj4text varchar(2048)
);
grant select on spatial_ref_sys to public;
insert into spatial_ref_sys (srid, auth_name, auth_srid) values (4326, 'EPSG', 4326), (3857, 'EPSG', 3857);

create view geometry_columns as
select current_database()::varchar(256) as f_table_catalog, nspname as f_table_schema, relname as f_table_name,
  attname as f_geometry_column, 2 as coord_dimension, (atttypmod / 16) as srid, 'GEOMETRY'::varchar(30) as type
from pg_attribute join pg_class on pg_class.oid = attrelid join pg_namespace on pg_namespace.oid = relnamespace
where atttypid = 'geometry'::regtype and not attisdropped and relkind in ('r', 'v', 'm', 'f', 'p');
create view geography_columns as
select current_database()::varchar(256) as f_table_catalog, nspname as f_table_schema, relname as f_table_name,
  attname as f_geography_column, 2 as coord_dimension, (atttypmod / 16) as srid, 'GEOGRAPHY'::text as type
from pg_attribute join pg_class on pg_class.oid = attrelid join pg_namespace on pg_namespace.oid = relnamespace
where atttypid = 'geography'::regtype and not attisdropped and relkind in ('r', 'v', 'm', 'f', 'p');
grant select on geometry_columns, geography_columns to public;

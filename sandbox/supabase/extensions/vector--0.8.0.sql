-- The types are texts, so that every dimension and every literal is taken; a distance is null. An index holds hashes:
-- its rows can be of any length.
do $$
declare
  kind text;
  element text;
  distance text[];
  method text;
  metric text;
begin
  foreach kind in array array['vector', 'halfvec', 'sparsevec'] loop
    execute format($sql$
      create type %1$I;
      create function %1$s_in(cstring) returns %1$I language internal immutable strict parallel safe as 'textin';
      create function %1$s_out(%1$I) returns cstring language internal immutable strict parallel safe as 'textout';
      create function %1$s_recv(internal) returns %1$I language internal stable strict parallel safe as 'textrecv';
      create function %1$s_send(%1$I) returns bytea language internal stable strict parallel safe as 'textsend';
      create function %1$s_typmod_in(cstring[]) returns integer language sql immutable strict parallel safe
        as $f$ select array_to_string($1, ',')::integer $f$;
      create type %1$I (input = %1$s_in, output = %1$s_out, receive = %1$s_recv, send = %1$s_send,
        typmod_in = %1$s_typmod_in, storage = external);
      create function %1$s_eq(%1$I, %1$I) returns boolean language internal immutable strict parallel safe as 'byteaeq';
      create function %1$s_ne(%1$I, %1$I) returns boolean language internal immutable strict parallel safe as 'byteane';
      create function %1$s_hash(%1$I) returns integer language internal immutable strict parallel safe as 'hashvarlena';
      create operator = (leftarg = %1$I, rightarg = %1$I, function = %1$s_eq, commutator = =, negator = <>,
        hashes, merges);
      create operator <> (leftarg = %1$I, rightarg = %1$I, function = %1$s_ne, commutator = <>, negator = =);
      create operator class %1$s_hash_ops default for type %1$I using hash as
        operator 1 =, function 1 %1$s_hash(%1$I);
      create function l2_normalize(%1$I) returns %1$I language sql immutable strict as 'select $1';
    $sql$, kind);
    foreach distance slice 1 in array array[
      ['l2_distance', '<->'], ['negative_inner_product', '<#>'], ['cosine_distance', '<=>'], ['l1_distance', '<+>']]
    loop
      execute format($sql$
        create function %2$I(%1$I, %1$I) returns double precision language sql immutable strict parallel safe
          as 'select null::double precision';
        create operator %3$s (leftarg = %1$I, rightarg = %1$I, function = %2$I, commutator = %3$s);
      $sql$, kind, case distance[1] when 'negative_inner_product' then kind || '_negative_inner_product'
                   else distance[1] end, distance[2]);
    end loop;
    execute format($sql$
      create function inner_product(%1$I, %1$I) returns double precision language sql immutable strict parallel safe
        as 'select null::double precision'
    $sql$, kind);
  end loop;

  foreach element in array array['integer', 'real', 'double precision', 'numeric'] loop
    foreach kind in array array['vector', 'halfvec'] loop
      execute format($sql$
        create function array_to_%1$s(%2$s[]) returns %1$I language sql immutable strict parallel safe
          as $f$ select translate($1::text, '{}', '[]')::%1$I $f$;
        create cast (%2$s[] as %1$I) with function array_to_%1$s(%2$s[]) as assignment;
      $sql$, kind, element);
    end loop;
  end loop;

  foreach method in array array['hnsw', 'ivfflat'] loop
    execute format('create access method %I type index handler hashhandler', method);
    foreach kind in array array['vector', 'halfvec', 'sparsevec'] loop
      foreach metric in array array['l2', 'ip', 'cosine', 'l1'] loop
        execute format($sql$
          create operator class %1$s_%2$s_ops for type %1$I using %3$I as
            operator 1 =, function 1 %1$s_hash(%1$I)
        $sql$, kind, metric, method);
      end loop;
    end loop;
  end loop;
end
$$;

create cast (vector as halfvec) without function as assignment;
create cast (halfvec as vector) without function as implicit;
create function vector_to_float4(vector, integer, boolean) returns real[] language sql immutable strict parallel safe
  as $$ select translate($1::text, '[]', '{}')::real[] $$;
create cast (vector as real[]) with function vector_to_float4(vector, integer, boolean) as implicit;
create function vector_dims(vector) returns integer language sql immutable strict parallel safe
  as $$ select cardinality(string_to_array($1::text, ',')) $$;
create function vector_norm(vector) returns double precision language sql immutable strict parallel safe
  as 'select null::double precision';
create function vector_first(vector, vector) returns vector language sql immutable strict parallel safe as 'select $1';
create aggregate avg(vector) (sfunc = vector_first, stype = vector, parallel = safe);
create aggregate sum(vector) (sfunc = vector_first, stype = vector, parallel = safe);

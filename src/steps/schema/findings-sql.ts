/**
 * Finds what there is to say of an applied template, read from the catalog alone: before the commit, and again after it.
 *
 * The rules are those of Supabase's own database linter: https://supabase.com/docs/guides/database/database-linter
 */
import { literal, quoted, textArray } from './literals.ts';

/** SQLSTATE of our own: the template does not pass. The findings stand in the DETAIL. */
export const doesNotPass = 'CP002';

/** Schemas of the platform, which a template may fill and does not own. */
const platformSchemas = (
  'information_schema auth storage realtime extensions graphql graphql_public vault pgbouncer cron net pgmq pgsodium ' +
  'pgsodium_masks pgtle dbdev etl repack supabase_functions supabase_migrations tiger tiger_data topology _analytics ' +
  '_realtime _supavisor _provisioning _provisioning_notes'
).split(' ');

function ofExtension(catalog: string, id: string): string {
  return `exists (select from pg_depend where classid = '${catalog}'::regclass and objid = ${id} and deptype = 'e')`;
}

/** Every table that the template has made. */
export const madeTablesSql = `
select format('%I.%I', n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname !~ '^(pg|timescaledb|_timescaledb)_'
  and n.nspname <> all (${textArray(platformSchemas)}) and not ${ofExtension('pg_class', 'c.oid')}
order by 1`;

const listed = (source: string) =>
  `(select json_build_object('count', count(*), 'names', coalesce((array_agg(name order by name))[1:10], '{}'))
    from (${source}) found)`;

const notInvoker = `not exists (
  select from pg_options_to_table(v.reloptions)
  where option_name = 'security_invoker' and lower(option_value) in ('true', 'on', 'yes', '1'))`;

const readsTables = `exists (
  select from pg_rewrite w
  join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
  join pg_class r on r.oid = d.refobjid and r.oid <> v.oid and r.relkind in ('r', 'p', 'f', 'm', 'v')
  where w.ev_class = v.oid)`;

const visitorsMay = (privilege: string) => `exists (
  select from api where rolname <> 'service_role' and has_schema_privilege(api.oid, n.oid, 'usage')
    and ${privilege})`;

/**
 * One row with one JSON value.
 *
 * An API exposes `public`, as Supabase sets it up for a new project, and what the template adds to PostgREST's own
 * list: https://docs.postgrest.org/en/stable/references/configuration.html#db-schemas. `recorded`: tables that must be
 * there, as `schema.table`.
 */
export function findingsSql(recorded: readonly string[]): string {
  return `
with exposed as (
  select oid, nspname from pg_namespace
  where nspname = 'public' or (nspname <> all (${textArray(platformSchemas)}) and nspname in (
    select btrim(name, ' "') from pg_db_role_setting s join pg_roles r on r.oid = s.setrole,
      unnest(s.setconfig) setting, string_to_table(split_part(setting, '=', 2), ',') name
    where r.rolname = 'authenticator' and s.setdatabase in (0, (
      select oid from pg_database where datname = current_database())) and setting like 'pgrst.db\\_schemas=%'))
), api as (
  select oid, rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role')
), relation as (
  select format('%I.%I', n.nspname, c.relname) as name, c.*
  from pg_class c join exposed n on n.oid = c.relnamespace
  where not ${ofExtension('pg_class', 'c.oid')}
)
select json_build_object(
  'tables', (select count(*) from (${madeTablesSql}) made),
  'missing', ${listed(`select name from unnest(${textArray(recorded)}) name except (${madeTablesSql})`)},
  'unsecured', ${listed(`select name from relation where relkind in ('r', 'p') and not relrowsecurity`)},
  'unreachable', ${listed(`select t.name from relation t
    where t.relkind in ('r', 'p') and not t.relispartition and not exists (
      select from api where has_schema_privilege(api.oid, t.relnamespace, 'usage')
        and (has_table_privilege(api.oid, t.oid, 'select, insert, update, delete')
          or has_any_column_privilege(api.oid, t.oid, 'select, insert, update')))`)},
  'closedSchemas', ${listed(`select format('%I', n.nspname) as name from exposed n where not exists (
    select from api where has_schema_privilege(api.oid, n.oid, 'usage'))`)},
  'views', ${listed(`select v.name from relation v join exposed n on n.oid = v.relnamespace
    where v.relkind = 'v' and ${notInvoker} and ${readsTables}
      and ${visitorsMay(`has_table_privilege(api.oid, v.oid, 'select')`)}`)},
  'materializedViews', ${listed(`select v.name from relation v join exposed n on n.oid = v.relnamespace
    where v.relkind = 'm' and ${visitorsMay(`has_table_privilege(api.oid, v.oid, 'select')`)}`)},
  'definerFunctions', ${listed(`
    select format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name
    from pg_proc p join exposed n on n.oid = p.pronamespace
    where p.prosecdef and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
      and not ${ofExtension('pg_proc', 'p.oid')}
      and ${visitorsMay(`has_function_privilege(api.oid, p.oid, 'execute')`)}`)}
) as findings`;
}

/** Raises where one of the `fatal` lists is not empty, or no table was made: then nothing is committed. */
export function judgeSql(fatal: readonly string[]): string {
  const isFatal = fatal.map((list) => `or (findings -> ${literal(list)} ->> 'count')::int > 0`).join(' ');
  return `do ${quoted(`
declare findings json;
begin
  findings := (${findingsSql([])});
  if (findings ->> 'tables')::int = 0 ${isFatal} then
    raise exception 'the template does not pass' using errcode = '${doesNotPass}', detail = findings::text;
  end if;
end`)}`;
}

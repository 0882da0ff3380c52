/** The ledger's tables as text, from the catalog: what the migrations have made, whatever server they ran on. */
import type { Queryable } from './pool.ts';

/** Everything in the schema `ledger`, in an order that depends on names only. */
export async function describeSchema(db: Queryable): Promise<string> {
  const list = async (sql: string) => {
    const { rows } = await db.query<{ owner: string; line: string }>(sql);
    return rows;
  };
  const columns = await list(columnsSql);
  const constraints = await list(constraintsSql);
  const indexes = await list(indexesSql);
  const triggers = await list(triggersSql);
  const domains = await list(domainsSql);
  const functions = await list(functionsSql);

  const tables = [...new Set(columns.map(({ owner }) => owner))].map((table) => {
    const linesOf = (rows: typeof columns) =>
      rows.filter(({ owner }) => owner === table).map(({ line }) => `  ${line}`);
    return [
      `table ${table}`,
      ...linesOf(columns),
      ...linesOf(constraints),
      ...linesOf(indexes),
      ...linesOf(triggers),
    ].join('\n');
  });
  return `${[...domains.map(({ line }) => line), ...tables, ...functions.map(({ line }) => line.trimEnd())].join('\n\n')}\n`;
}

/** A table's columns in the order in which it has them. */
const columnsSql = `
  select c.relname as owner,
    format('%s %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
      case when a.attnotnull then ' not null' else '' end,
      coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')) as line
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p') and c.relnamespace = 'ledger'::regnamespace
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attnum > 0 and not a.attisdropped
  order by c.relname collate "C", a.attnum`;

/** From PostgreSQL 18 on "not null" is a constraint too; the columns show it already. */
const constraintsSql = `
  select c.relname as owner, format('constraint %s %s', k.conname, pg_get_constraintdef(k.oid)) as line
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid and c.relnamespace = 'ledger'::regnamespace
  where k.contype <> 'n'
  order by c.relname collate "C", k.conname collate "C"`;

/** But for those that constraints have brought. */
const indexesSql = `
  select c.relname as owner, pg_get_indexdef(i.indexrelid) as line
  from pg_index i
  join pg_class c on c.oid = i.indrelid and c.relnamespace = 'ledger'::regnamespace
  where not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
  order by c.relname collate "C", pg_get_indexdef(i.indexrelid) collate "C"`;

const triggersSql = `
  select c.relname as owner, pg_get_triggerdef(t.oid) as line
  from pg_trigger t
  join pg_class c on c.oid = t.tgrelid and c.relnamespace = 'ledger'::regnamespace
  where not t.tgisinternal
  order by c.relname collate "C", t.tgname collate "C"`;

const domainsSql = `
  select t.typname as owner,
    format('domain %s %s%s', t.typname, format_type(t.typbasetype, t.typtypmod),
      coalesce((select string_agg(' ' || pg_get_constraintdef(k.oid), '' order by k.conname collate "C")
                from pg_constraint k where k.contypid = t.oid and k.contype = 'c'), '')) as line
  from pg_type t
  where t.typtype = 'd' and t.typnamespace = 'ledger'::regnamespace
  order by t.typname collate "C"`;

const functionsSql = `
  select proname as owner, pg_get_functiondef(oid) as line
  from pg_proc where pronamespace = 'ledger'::regnamespace
  order by proname collate "C", pg_get_function_identity_arguments(oid) collate "C"`;

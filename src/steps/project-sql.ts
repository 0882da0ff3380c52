/**
 * The SQL that the schema step runs in a project, over either transport.
 *
 * Everything is applied in one transaction together with a row that says so: a repeat finds the row and does nothing.
 */
import type { SchemaBundle } from './schema-bundle.ts';

/** SQLSTATE of our own: an earlier call, whose answer was lost, has come through after all. */
export const alreadyApplied = 'CP001';

/** Opens the transaction's books. The lock lets only one worker at a time apply anything. */
export const prepareSql = `
select pg_advisory_xact_lock(hashtext('client-provisioner/schema'));
create schema if not exists _provisioning;
create table if not exists _provisioning.applied (
  checksum text primary key,
  provisioning_id uuid not null,
  tables text[] not null,
  applied_at timestamptz not null default now()
);
revoke all on schema _provisioning from public;
do $do$ begin
  if exists (select 1 from _provisioning.applied) then
    raise exception 'the template is applied already' using errcode = '${alreadyApplied}';
  end if;
end $do$;
select set_config('client_provisioner.transaction', pg_current_xact_id()::text, true);`;

/** Closes them. A template that ends the transaction itself has lost the setting, which is local to it. */
export function recordSql(checksum: string, provisioningId: string): string {
  return `
do $do$ begin
  if current_setting('client_provisioner.transaction', true) is distinct from pg_current_xact_id()::text then
    raise exception 'the template must not begin, commit or roll back transactions' using errcode = '2D000';
  end if;
end $do$;
insert into _provisioning.applied (checksum, provisioning_id, tables)
select ${literal(checksum)}, ${literal(provisioningId)}, coalesce(array_agg(c.relname::text order by c.relname), '{}')
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p');`;
}

/** One row: has a template been applied, and which? `null` as long as none was. */
export const appliedSql = `
select case when to_regclass('_provisioning.applied') is null then null
  else (xpath('/row/checksum/text()', query_to_xml(
    'select checksum from _provisioning.applied order by applied_at limit 1', false, true, '')))[1]::text
end as checksum`;

/** Tables that the template made and that are gone, and tables of `public` without row-level security. */
export const verifySql = `
with wanted as (select unnest(tables) as name from _provisioning.applied),
present as (
  select c.relname::text as name, c.relrowsecurity as secured
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
)
select
  (select count(*)::int from wanted) as tables,
  (select coalesce(array_agg(name order by name), '{}') from wanted where name not in (select name from present))
    as missing,
  (select coalesce(array_agg(name order by name), '{}') from present where not secured) as unsecured`;

export interface SqlScript {
  readonly sql: string;
  /** Which file a line of the script comes from, and its number there. Undefined: from none of them. */
  locate(line: number): { readonly file: string; readonly line: number } | undefined;
}

/** The whole bundle as one text, for the transport that takes only one. */
export function applyScript(bundle: SchemaBundle, provisioningId: string): SqlScript {
  let sql = `begin;${prepareSql}\n`;
  const starts: { file: string; firstLine: number; lastLine: number }[] = [];
  for (const file of bundle.files) {
    const firstLine = countLines(sql);
    sql += `${file.sql}\n;\n`;
    starts.push({ file: file.name, firstLine, lastLine: countLines(sql) - 1 });
  }
  sql += `${recordSql(bundle.checksum, provisioningId)}\ncommit;`;
  return {
    sql,
    locate(line) {
      const found = starts.find(({ firstLine, lastLine }) => line >= firstLine && line <= lastLine);
      return found && { file: found.file, line: line - found.firstLine + 1 };
    },
  };
}

function countLines(text: string): number {
  return text.split('\n').length;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

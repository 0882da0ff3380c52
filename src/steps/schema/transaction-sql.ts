/**
 * The statements around the template in its transaction: a lock, a clean session before each file, and at the end a row that
 * says what was applied. A repeat finds the row and does nothing.
 */
import type { Template } from '../../schema/template.ts';
import { hasTolerated } from './commands.ts';
import { madeTablesSql } from './findings-sql.ts';
import { literal, quoted, textArray } from './literals.ts';
import { closeNotesSql, notesSql } from './notes-sql.ts';

/** SQLSTATE of our own: an earlier call, whose answer was lost, has come through after all. */
export const alreadyApplied = 'CP001';

const lockKey = `hashtext('client-provisioner/schema')`;

/** The record of what was applied in this project for this provisioning: one row, or an error where none ever was. */
export function markerSql(provisioningId: string): string {
  return `select checksum, tables, to_jsonb(applied) -> 'notes' as notes from _provisioning.applied
    where provisioning_id::text = ${literal(provisioningId)}`;
}

/** SQLSTATEs of a project that has no such record: no schema, no table, or one that somebody else has made. */
export const markerIsAbsent: ReadonlySet<string> = new Set(['3F000', '42P01', '42703', '42883']);

/** Lets only one worker at a time apply anything, and none a second time. */
export function openingSql(provisioningId: string): string[] {
  return [
    'begin',
    `select pg_advisory_xact_lock(${lockKey})`,
    `do ${quoted(`
declare is_applied boolean;
begin
  execute ${quoted(`select exists (${markerSql(provisioningId)})`)} into is_applied;
  if is_applied then
    raise exception 'the template is applied already' using errcode = '${alreadyApplied}';
  end if;
exception when undefined_table or invalid_schema_name or undefined_column or undefined_function then null;
end`)}`,
  ];
}

/**
 * The default privileges that projects had until 2026-05.
 *
 * https://supabase.com/changelog/45329-breaking-change-tables-not-exposed-to-data-and-graphql-api-automatically
 */
export const legacyGrantsSql: readonly string[] = ['tables', 'functions', 'sequences'].map(
  (kind) =>
    `alter default privileges in schema public grant all on ${kind} to anon, authenticated, service_role`,
);

/**
 * Undoes what the file before has set: role, search_path, encoding, replication role and all other settings.
 *
 * `DISCARD ALL` does the same and is refused within a transaction. What is local to a transaction is undone as well.
 * `timeoutMs`: of each statement; undefined leaves it to the database.
 */
export function cleanSessionSql(timeoutMs: number | undefined): string[] {
  return [
    'reset session authorization',
    'reset role',
    'reset all',
    'deallocate all',
    `set client_encoding = 'UTF8'`,
    ...(timeoutMs === undefined ? [] : [`set statement_timeout = ${timeoutMs}`]),
  ];
}

/** Raises where the transaction is no longer the one that took the lock: the lock goes with its transaction. */
const sameTransactionSql = `do ${quoted(`begin
  if not exists (
    select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and objsubid = 1
      and ((classid::bigint << 32) | objid::bigint) = ${lockKey}::bigint
  ) then
    raise exception 'the template must not begin, commit or roll back transactions' using errcode = '2D000';
  end if;
end`)}`;

/**
 * The rows that the Supabase CLI writes for migrations, so that its next `db push` goes on from there.
 * https://github.com/supabase/cli/blob/develop/pkg/migration/history.go
 */
function migrationsSql({ migrations }: Template): string[] {
  if (migrations.length === 0) return [];
  const table = 'supabase_migrations.schema_migrations';
  return [
    'create schema if not exists supabase_migrations',
    `create table if not exists ${table} (version text not null primary key)`,
    `alter table ${table} add column if not exists statements text[]`,
    `alter table ${table} add column if not exists name text`,
    ...migrations.map(
      ({ version, name, statements }) =>
        `insert into ${table} (version, name, statements)
         values (${literal(version)}, ${literal(name)}, ${textArray(statements)})
         on conflict (version) do update set name = excluded.name, statements = excluded.statements`,
    ),
  ];
}

/**
 * Writes down what was applied, in a table made anew: what is there of that name is empty, or comes with a template
 * that was dumped from a project of ours.
 */
export function recordSql(template: Template, provisioningId: string): string[] {
  const hasNotes = hasTolerated(template);
  return [
    sameTransactionSql,
    ...migrationsSql(template),
    'create schema if not exists _provisioning',
    'drop table if exists _provisioning.applied',
    `create table _provisioning.applied (
      checksum text primary key,
      provisioning_id uuid not null,
      tables text[] not null,
      notes text[] not null,
      applied_at timestamptz not null default now()
    )`,
    'revoke all on schema _provisioning from public',
    `insert into _provisioning.applied (checksum, provisioning_id, tables, notes)
     values (${literal(template.checksum)}, ${literal(provisioningId)}, array(${madeTablesSql}),
       ${hasNotes ? notesSql : `'{}'`})`,
    ...(hasNotes ? closeNotesSql : []),
  ];
}

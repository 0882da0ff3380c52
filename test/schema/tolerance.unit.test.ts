/** What dumps say about the platform's own objects keeps no template from being applied; what is the template's own does. */
import { beforeAll, describe, expect, test } from 'vitest';
import { loadGrammar, type Grammar } from '../../src/schema/grammar.ts';
import { toleranceOf, type Tolerance } from '../../src/schema/tolerance.ts';

let grammar: Grammar;
beforeAll(async () => {
  grammar = await loadGrammar();
});

function judge(sql: string): Tolerance {
  const parsed = grammar.parse(sql);
  if ('message' in parsed || parsed[0] === undefined) throw new Error(`${sql} is no statement`);
  return toleranceOf(parsed[0].node);
}

test.each(['public', 'auth', 'extensions', 'graphql_public'])(
  'the schema %s is made only where it is missing',
  (schema) => {
    expect(judge(`create schema "${schema}"`)).toMatchObject({ kind: 'skip-if-there', schema });
  },
);

describe('a refusal is told as a warning', () => {
  test.each([
    ['alter table public.t owner to supabase_admin', '42501'],
    ['alter function public.f(int) owner to postgres', '42501'],
    ['alter schema public owner to pg_database_owner', '42501'],
    ['alter publication supabase_realtime owner to postgres', '42501'],
    ['alter foreign data wrapper w owner to supabase_admin', '42501'],
    ['alter event trigger pgrst_ddl_watch owner to supabase_admin', '42501'],
    [
      'alter default privileges for role supabase_admin in schema public grant all on tables to anon',
      '42501',
    ],
    ["comment on schema public is 'standard public schema'", '42501'],
    ["comment on extension pgcrypto is 'c'", '42501'],
    ["comment on database postgres is 'c'", '42501'],
    ['set transaction_timeout = 0', '42704'],
    ['create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.f()', '42710'],
    ["create publication supabase_realtime with (publish = 'insert')", '42710'],
    ['create role anon', '42710'],
    ['alter role postgres with login', '42501'],
    ["alter role anon set statement_timeout = '3s'", '42501'],
    ['grant usage on schema auth to anon', '42501'],
    ['grant all on function extensions.f(int) to postgres', '42883'],
    ['revoke all on table auth.users from anon', '42501'],
    ['grant select on all tables in schema storage to anon', '42501'],
    ['grant usage on foreign data wrapper w to postgres', '42501'],
    ['create policy cron_job_policy on cron.job using (true)', '42710'],
    ['alter table cron.job enable row level security', '42501'],
  ])('%s', (sql, sqlState) => {
    const tolerance = judge(sql);
    if (tolerance.kind !== 'may-fail') throw new Error(tolerance.kind);
    expect(tolerance.sqlStates).toContain(sqlState);
    expect(tolerance.reason).not.toBe('');
  });
});

test.each([
  'create table public.t (a int)',
  'create schema app',
  'create schema public create table t (a int)',
  'create schema if not exists app authorization postgres',
  'alter table public.t owner to app_owner',
  'alter table public.t enable row level security',
  'alter table storage.objects enable row level security',
  'alter schema app owner to app_owner',
  'alter default privileges for role postgres in schema public grant all on tables to anon',
  'alter default privileges in schema public grant all on tables to anon',
  'alter publication supabase_realtime add table only public.t',
  'create publication supabase_realtime for table public.t',
  'create publication supabase_realtime for all tables',
  'create publication app',
  'create event trigger app on ddl_command_end execute function f()',
  'create role app',
  'alter role app with login',
  'grant usage on schema public to anon',
  'grant all on table public.t to anon',
  'grant all on t to anon',
  'grant app to postgres',
  'create policy p on storage.objects using (true)',
  'comment on table public.t is null',
  'comment on schema app is null',
  'set statement_timeout = 0',
  'create extension if not exists pgcrypto with schema extensions',
  "select pg_catalog.set_config('search_path', '', false)",
])('%s is the template’s own: a refusal is an error', (sql) => {
  expect(judge(sql)).toEqual({ kind: 'apply' });
});

/** A project of the sandbox lets through what the hosted service lets through, and refuses what that refuses. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textWith } from './matchers.ts';
import { healthyProject, openSandbox, type Reply, type TestSandbox } from './support.ts';

let sandbox: TestSandbox;
let ref: string;
beforeAll(async () => {
  sandbox = await openSandbox();
  ref = await healthyProject(sandbox, 'acme');
});
afterAll(() => sandbox.stop());

function run(query: string): Promise<Reply> {
  return sandbox.supabase(`POST /v1/projects/${ref}/database/query`, { body: { query } });
}

/** Runs and takes it back again, so that tests don't meet. */
const attempt = (query: string): Promise<Reply> =>
  run(`begin; ${query}; select 'through' as state; rollback`);

async function overPooler(query: string): Promise<{ notices: string[] }> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: Number(sandbox.variable('SUPABASE_DB_SESSION_PORT')),
    user: `postgres.${ref}`,
    database: 'postgres',
    password: 'a-long-password',
  });
  const notices: string[] = [];
  client.on('notice', ({ message }) => notices.push(message ?? ''));
  await client.connect();
  try {
    await client.query(`begin; ${query}; rollback`);
    return { notices };
  } finally {
    await client.end();
  }
}

const signUp = `create function public.sign_up() returns trigger language plpgsql security definer
  set search_path = '' as 'begin return new; end'`;

describe('lets through', () => {
  test.each([
    [
      'objects that are given to postgres',
      'create table public.a (id int); alter table public.a owner to postgres',
    ],
    [
      'default privileges for postgres',
      'alter default privileges for role postgres in schema public grant all on tables to anon',
    ],
    [
      'a schema of the owner’s',
      'create schema api; alter schema api owner to postgres; grant usage on schema api to anon',
    ],
    [
      'public, given to postgres',
      'alter schema public owner to postgres; grant all on schema public to postgres',
    ],
    [
      'the roles of the Data API, one after the other',
      'set role postgres; set role anon; set role authenticated; set role service_role; reset role',
    ],
    [
      'what a dump begins with',
      "set session_replication_role = replica; set transaction_timeout = 0; select set_config('search_path', '', false)",
    ],
    [
      'a policy on files',
      'create policy mine on storage.objects for select to authenticated using (owner_id = auth.uid()::text)',
    ],
    [
      'a policy on files while triggers are off',
      'set local session_replication_role = replica; create policy mine on storage.objects for select using (true)',
    ],
    [
      'a policy that comes and goes',
      'create policy mine on storage.buckets for select using (true); alter policy mine on storage.buckets using (false); drop policy mine on storage.buckets',
    ],
    [
      'a policy on messages',
      "create policy mine on realtime.messages for select to authenticated using (realtime.topic() = 'room')",
    ],
    ['a bucket', "insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true)"],
    [
      'a trigger on users',
      `${signUp}; create trigger sign_up after insert on auth.users for each row execute function public.sign_up(); drop trigger sign_up on auth.users`,
    ],
    [
      'users with identities',
      "insert into auth.users (id, email) values ('00000000-0000-0000-0000-000000000001', 'a@b.example'); insert into auth.identities (provider_id, user_id, identity_data, provider) values ('1', '00000000-0000-0000-0000-000000000001', '{}', 'email')",
    ],
    [
      'a table in the realtime publication',
      'create table public.a (id int); alter publication supabase_realtime add table public.a; alter publication supabase_realtime owner to postgres',
    ],
    [
      'settings of the Data API',
      "alter role authenticator set pgrst.db_schemas = 'public, api'; alter role authenticator reset pgrst.db_schemas",
    ],
    [
      'a role of the owner’s',
      'create role sandbox_test_reader nologin; grant sandbox_test_reader to authenticator',
    ],
    [
      'a secret',
      "select vault.create_secret('hush', 'name'); select decrypted_secret from vault.decrypted_secrets",
    ],
    [
      'extensions that come with PostgreSQL',
      'create extension moddatetime with schema extensions; create extension citext; create extension pg_trgm; create extension btree_gist; create extension unaccent; create extension hstore; create extension ltree; create extension fuzzystrmatch; create extension tablefunc; create extension intarray; create extension postgres_fdw',
    ],
    [
      'extensions that are there already',
      'create extension if not exists "uuid-ossp"; create extension if not exists pgcrypto with schema extensions; create extension if not exists supabase_vault with schema vault',
    ],
  ])('%s', async (_, statements) => {
    expect(await attempt(statements)).toMatchObject({ status: 201, body: [{ state: 'through' }] });
  });
});

test('keeps the settings of the platform’s roles to itself', async () => {
  const settings = `select setconfig from pg_db_role_setting where setrole = 'authenticator'::regrole
    and setdatabase in (0, (select oid from pg_database where datname = current_database()))`;
  const other = await healthyProject(sandbox, 'other');
  await run("alter role authenticator set pgrst.db_schemas = 'public, api'");
  expect((await run(settings)).body).toEqual([{ setconfig: ['pgrst.db_schemas=public, api'] }]);
  const seen = await sandbox.supabase(`POST /v1/projects/${other}/database/query`, {
    body: { query: settings },
  });
  expect(seen.body).toEqual([]);
});

describe('refuses', () => {
  test.each([
    [
      'row-level security of files',
      'alter table storage.objects enable row level security',
      'must be owner of table objects',
    ],
    ['a column of files', 'alter table storage.objects add column x int', 'must be owner of table objects'],
    ['an index on users', 'create index on auth.users (email)', 'must be owner of table users'],
    ['a table in auth', 'create table auth.mine (id int)', 'permission denied for schema auth'],
    [
      'a function in storage',
      "create function storage.mine() returns int language sql as 'select 1'",
      'permission denied for schema storage',
    ],
    ['a comment on files', "comment on table storage.objects is 'x'", 'must be owner of table objects'],
    ['dropping users', 'drop table auth.users cascade', 'must be owner of table users'],
    [
      'an owner from the platform',
      'create table public.a (id int); alter table public.a owner to supabase_admin',
      'must be able to SET ROLE \\"supabase_admin\\"',
    ],
    [
      'default privileges of the platform',
      'alter default privileges for role supabase_admin in schema public revoke all on tables from anon',
      'permission denied to change default privileges',
    ],
    ['a superuser', 'create role intruder superuser', 'permission denied to create role'],
    [
      'the platform’s roles',
      'set role supabase_storage_admin',
      'permission denied to set role \\"supabase_storage_admin\\"',
    ],
    [
      'an extension that reads files',
      'create extension file_fdw',
      'permission denied to create extension \\"file_fdw\\"',
    ],
  ])('%s', async (_, statements, message) => {
    expect(await attempt(statements)).toMatchObject({
      status: 400,
      body: { message: textWith('42501') },
    });
    expect((await attempt(statements)).text).toContain(message);
  });
  test('an extension that PostgreSQL 17 has no more there', async () => {
    expect((await attempt('create extension pgjwt')).text).toContain(
      'extension \\"pgjwt\\" is not available',
    );
  });
});

describe('a stand-in for an extension', () => {
  const extensions: [string, string][] = [
    [
      'vector',
      `create extension vector with schema extensions;
      create table public.a (id int, e vector(1536), h halfvec(3), f vector);
      create index on public.a using hnsw (e vector_cosine_ops) with (m = 16, ef_construction = 64);
      create index on public.a using ivfflat (e vector_l2_ops) with (lists = 100);
      create index on public.a using hnsw ((e::halfvec(1536)) halfvec_ip_ops);
      insert into public.a values (1, '[1,2,3]', array[1,2,3], null);
      select id, 1 - (e <=> '[1,2,3]') as similarity from public.a order by e <-> '[3,2,1]', e <#> '[1]' limit 1`,
    ],
    [
      'pg_cron',
      `create extension pg_cron with schema pg_catalog;
      select cron.schedule('nightly', '0 3 * * *', 'select 1'); select cron.unschedule('nightly')`,
    ],
    [
      'pg_net',
      `create extension pg_net with schema extensions;
      select net.http_post(url := 'https://example.com/hook', body := '{"a":1}'::jsonb, headers := '{}'::jsonb)`,
    ],
    [
      'http',
      `create extension http with schema extensions; select status from http_get('https://example.com')`,
    ],
    [
      'pg_jsonschema',
      `create extension pg_jsonschema with schema extensions;
      create table public.a (document jsonb check (jsonb_matches_schema('{"type":"object"}', document)));
      insert into public.a values ('{}')`,
    ],
    ['pgmq', `create extension pgmq; select pgmq.create('jobs'); select pgmq.send('jobs', '{"a":1}')`],
    ['pg_graphql', `create extension pg_graphql with schema graphql`],
    ['plpgsql_check', 'create extension plpgsql_check'],
    [
      'postgis',
      `create extension postgis with schema extensions;
      create table public.a (
        id int, spot geography(point), area geometry(MultiPolygon, 4326), lng float, lat float,
        made geometry(Point, 4326) not null generated always as (st_setsrid(st_makepoint(lng, lat), 4326)) stored,
        exclude using gist (area with &&)
      );
      create index on public.a using gist (spot);
      create index on public.a using gist (area gist_geometry_ops_2d, made);
      insert into public.a (id, spot, area, lng, lat) select n, st_point(n, 2)::geography, st_geomfromtext(
        'MULTIPOLYGON(((0 0,0 1,1 1,0 0)))', 4326), n, 2 from generate_series(1, 500) as n;
      select id, st_distance(spot, 'SRID=4326;POINT(1 1)'::geography) as metres from public.a
      where st_dwithin(spot, st_makepoint(1, 1)::geography, 1000) and area && st_makeenvelope(0, 0, 1, 1, 4326)
      order by made <-> 'POINT(0 0)' limit 1`,
    ],
  ];
  test.each(extensions)('%s takes its statements over the API', async (_, statements) => {
    expect(await attempt(statements)).toMatchObject({ status: 201 });
  });
  test.each(extensions)(
    '%s takes its statements over the pooler, and says what it is',
    async (name, statements) => {
      const { notices } = await overPooler(statements);
      expect(notices.filter((notice) => notice.startsWith('the sandbox has no'))).toEqual([
        `the sandbox has no ${name}: a stand-in that accepts the statements of ${name} and computes nothing`,
      ]);
    },
  );
  test('refuses a shape that PostGIS does not know', async () => {
    const refused = await attempt('create extension postgis; create table public.a (g geometry(Pont, 4326))');
    expect(refused.text).toContain('Invalid geometry type modifier: pont');
  });
  test('keeps geometries of any length as they were given, and finds none by its index', async () => {
    const answer = await attempt(`create extension postgis;
      create table public.a (id int primary key, shape geometry(Geometry, 4326), border geography);
      create index on public.a using gist (shape, border);
      insert into public.a select n, st_setsrid(st_makepoint(n, 2), 4326), 'POINT(1 1)' from generate_series(1, 3000) as n;
      insert into public.a select 0, format('LINESTRING(%s)', string_agg(random() || ' ' || random(), ',')), null
        from generate_series(1, 5000);
      update public.a set border = 'POINT(2 2)' where id % 3 = 0; delete from public.a where id % 5 = 1;
      create index on public.a using gist (border);
      set local enable_seqscan = off;
      do $$ begin
        assert (select st_astext(shape) from public.a where id = 7) = 'POINT(7 2)';
        assert (select length(shape::text) from public.a where id = 0) > 100000;
        assert not exists (select from public.a where shape && 'POINT(7 2)');
      end $$`);
    expect(answer).toMatchObject({ status: 201 });
  });
  test('refuses a schedule that pg_cron does not understand', async () => {
    const refused = await attempt(
      "create extension pg_cron; select cron.schedule('x', 'every day', 'select 1')",
    );
    expect(refused.text).toContain('invalid schedule: every day');
  });
});

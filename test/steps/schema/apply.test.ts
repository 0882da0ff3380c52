/** What the transaction of a template promises, over the session pooler and over the Management API. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findWarnings } from '../../../src/steps/schema/findings.ts';
import { fileOf, templateOf } from './made.ts';
import { openProjects, type Projects, type TestProject, type Way } from './projects.ts';

let projects: Projects;
beforeAll(async () => {
  projects = await openProjects();
});
afterAll(() => projects.stop());

const table = (name: string) => [
  `create table public.${name} (id int primary key, word text)`,
  `alter table public.${name} enable row level security`,
];

async function warningsOf(project: TestProject): Promise<string[]> {
  const marker = await project.transport.readApplied(project.id);
  if (marker === undefined) throw new Error('nothing was applied');
  const findings = await project.transport.readFindings(marker);
  return findWarnings(findings, marker.notes).map(({ code, message }) => `${code}: ${message}`);
}

/** The role that a project's statements run as. */
async function ownerOf(project: TestProject): Promise<string> {
  const [database] = await project.query<{ owner: string }>(
    'select quote_ident(pg_get_userbyid(datdba)) as owner from pg_database where datname = current_database()',
  );
  return database?.owner ?? '';
}

async function isEmpty(project: TestProject): Promise<boolean> {
  const [left] = await project.query<{ count: number }>(
    `select count(*)::int as count from pg_class
     where relnamespace in (select oid from pg_namespace where nspname in ('public', '_provisioning', 'supabase_migrations'))`,
  );
  return left?.count === 0 && (await project.transport.readApplied(project.id)) === undefined;
}

describe.each<Way>(['postgres', 'http'])('over %s', (way) => {
  let project: TestProject;
  const fresh = async () => (project = await projects.open(way));

  test('a template is applied once, and its record names its tables', async () => {
    await fresh();
    expect(await project.transport.readApplied(project.id)).toBeUndefined();
    const template = templateOf([
      fileOf('a.sql', ...table('words')),
      fileOf('b.sql', 'create schema app', 'create table app.notes (id int)'),
    ]);
    expect(await project.apply(template)).toBeUndefined();
    const marker = { checksum: 'a1b2c3', tables: ['app.notes', 'public.words'], notes: [] };
    expect(await project.transport.readApplied(project.id)).toEqual(marker);
    expect(await project.transport.readFindings(marker)).toMatchObject({ tables: 2, missing: { count: 0 } });

    expect(await project.apply(template)).toMatchObject({
      name: 'NotYet',
      waitingFor: 'the template to be seen as applied',
    });

    // A table that goes afterwards is missed.
    await project.query('drop table app.notes');
    expect(await project.transport.readFindings(marker)).toMatchObject({
      missing: { count: 1, names: ['app.notes'] },
    });
  });

  test('what one file sets is not set for the next, nor for our own record', async () => {
    await fresh();
    const template = templateOf([
      fileOf(
        '010.sql',
        ...table('cities'),
        'create schema other',
        'create table other.cities (id int, word text)',
      ),
      fileOf(
        '020.sql',
        `set search_path = other`,
        `set client_encoding = 'LATIN1'`,
        `set standard_conforming_strings = off`,
        `set session_replication_role = replica`,
        `set role service_role`,
      ),
      fileOf('030.sql', `insert into cities values (1, 'Zürich \\')`),
      fileOf(
        '040.sql',
        'create table other.dump (id int)',
        'reset all',
        'discard plans',
        `set client_encoding = 'SQL_ASCII'`,
        `insert into cities values (2, 'Genève')`,
      ),
      fileOf('050.sql', `select pg_catalog.set_config('search_path', '', false)`, `set role anon`),
    ]);
    await project.query(`grant set on parameter session_replication_role to ${await ownerOf(project)}`);
    expect(await project.apply(template)).toBeUndefined();
    expect(await project.query('select word from public.cities order by id')).toEqual([
      { word: 'Zürich \\' },
      { word: 'Genève' },
    ]);
    expect(await project.query('select checksum from _provisioning.applied')).toEqual([
      { checksum: 'a1b2c3' },
    ]);
  });

  test('a template that does not pass leaves nothing, and a fixed one is applied afterwards', async () => {
    await fresh();
    const open = fileOf(
      'a.sql',
      'create table public.w (id int primary key)',
      'grant select on public.w to anon',
    );
    expect(await project.apply(templateOf([open]))).toMatchObject({
      code: 'verification-failed',
      message: expect.stringContaining('public.w: add "alter table … enable row level security"') as string,
    });
    expect(
      await project.apply(templateOf([fileOf('a.sql', 'create type public.t as enum ()')])),
    ).toMatchObject({
      code: 'schema-invalid',
      message: 'the template schema makes no table',
    });
    expect(await isEmpty(project)).toBe(true);

    const fixed = fileOf('b.sql', 'alter table public.w enable row level security');
    expect(await project.apply(templateOf([open, fixed]))).toBeUndefined();
    expect(await warningsOf(project)).toEqual([]);
  });

  test('a table that no role of the Data API may use is warned of, refused or made reachable, as is wished', async () => {
    await fresh();
    const template = templateOf([
      fileOf('a.sql', ...table('w'), 'create schema app', 'create table app.inner (id int)'),
    ]);
    expect(await project.apply(template, { grants: 'fail' })).toMatchObject({ code: 'verification-failed' });
    expect(await isEmpty(project)).toBe(true);
    expect(await project.apply(template)).toBeUndefined();
    expect(await warningsOf(project)).toEqual([
      expect.stringMatching(
        /^tables-without-grants: no role of the Data API may use public\.w: add "grant select, insert, update, delete on public\.w to authenticated;"/,
      ),
    ]);

    await fresh();
    expect(await project.apply(template, { grants: 'legacy' })).toBeUndefined();
    expect(await warningsOf(project)).toEqual([]);
    expect(
      await project.query(`select has_table_privilege('anon', 'public.w', 'select') as is_reachable`),
    ).toEqual([{ is_reachable: true }]);
  });

  test('what goes around row-level security in an exposed schema is warned of, and nothing else is', async () => {
    await fresh();
    const definer = (name: string, returns: string) =>
      `create function ${name}() returns ${returns} language plpgsql security definer set search_path = '' as $$ begin return null; end $$`;
    const template = templateOf([
      fileOf(
        'a.sql',
        ...table('w'),
        'create view public.open_view as select * from public.w',
        'create view public.careful_view with (security_invoker = on) as select * from public.w',
        'create view public.closed_view as select * from public.w',
        'create view public.constant as select 1 as one',
        'create materialized view public.sums as select count(*) from public.w',
        definer('public.act', 'int'),
        definer('public.closed_act', 'int'),
        definer('public.on_change', 'trigger'),
        'revoke execute on function public.closed_act from public',
        'create schema app',
        'create table app.unsecured (id int)',
        definer('app.act', 'int'),
        'grant select on all tables in schema public to anon',
        'revoke select on public.closed_view from anon',
      ),
    ]);
    expect(await project.apply(template)).toBeUndefined();
    expect((await warningsOf(project)).map((line) => line.split(': ').slice(0, 2).join(': '))).toEqual([
      'views-bypass-rls: public.open_view',
      'materialized-views-exposed: public.sums',
      'definer-functions-exposed: public.act()',
    ]);
  });

  test('an API that the template lets show more is held to more', async () => {
    await fresh();
    await project.query(`do $$ begin create role authenticator nologin noinherit;
      exception when duplicate_object or unique_violation then null; end $$`);
    const [database] = await project.query<{ name: string }>('select current_database() as name');
    await project.query(
      `alter role authenticator in database "${database?.name}" set pgrst.db_schemas = 'public, "app", storage'`,
    );
    const unsecured = fileOf('a.sql', 'create schema app', 'create table app.unsecured (id int)');
    expect(await project.apply(templateOf([unsecured]))).toMatchObject({
      message: expect.stringContaining('row-level security is off on app.unsecured') as string,
    });
    expect(await project.apply(templateOf([unsecured]), { rls: 'warn' })).toBeUndefined();
    expect(await warningsOf(project)).toEqual([
      expect.stringMatching(/^tables-without-rls: row-level security is off on app\.unsecured/),
      expect.stringMatching(
        /^tables-without-grants: .* app\.unsecured: add "grant usage on schema app to authenticated;" and/,
      ),
    ]);
  });

  test('a table that an extension has brought is left alone', async () => {
    await fresh();
    // The one that comes with every server and can be made to own one.
    await project.query(
      'create table public.spatial_ref (id int); alter extension plpgsql add table public.spatial_ref',
    );
    expect(
      await project.apply(templateOf([fileOf('a.sql', ...table('w'), 'grant select on public.w to anon')])),
    ).toBeUndefined();
    expect(await warningsOf(project)).toEqual([]);
    expect((await project.transport.readApplied(project.id))?.tables).toEqual(['public.w']);
  });

  test('a table of our record that is there already, empty or of another shape, is no obstacle', async () => {
    await fresh();
    const template = templateOf([fileOf('a.sql', ...table('w'))]);
    const owner = await ownerOf(project);
    await project.query(
      `create schema _provisioning authorization ${owner};
       create table _provisioning.applied (checksum text primary key, provisioning_id uuid not null, tables text[] not null, applied_at timestamptz not null default now());
       alter table _provisioning.applied owner to ${owner}`,
    );
    expect(await project.transport.readApplied(project.id)).toBeUndefined();
    expect(await project.apply(template)).toBeUndefined();
    expect((await project.transport.readApplied(project.id))?.tables).toEqual(['public.w']);

    // A template that was dumped from a project of ours brings the table, and another client's row.
    await fresh();
    const dumped = fileOf(
      'dump.sql',
      'create schema _provisioning',
      'create table _provisioning.applied (checksum int, provisioning_id text)',
      `insert into _provisioning.applied values (1, '${project.id}')`,
      ...table('w'),
    );
    expect(await project.apply(templateOf([dumped]))).toBeUndefined();
    expect(await project.query('select provisioning_id from _provisioning.applied')).toEqual([
      { provisioning_id: project.id },
    ]);
  });

  test('migrations are recorded as the Supabase CLI does', async () => {
    await fresh();
    const migrations = [
      { version: '20250131120000', name: `o'clock`, statements: [`select 'it''s \\ so'`, 'select 2'] },
      { version: '20250201120000', name: 'second', statements: [] },
    ];
    expect(await project.apply(templateOf([fileOf('a.sql', ...table('w'))], migrations))).toBeUndefined();
    expect(
      await project.query('select * from supabase_migrations.schema_migrations order by version'),
    ).toEqual(migrations);
  });

  test('what a statement may be refused is noted, and what is there already is not sent', async () => {
    await fresh();
    const template = templateOf([
      fileOf(
        'dump.sql',
        {
          sql: 'create schema public',
          tolerance: { kind: 'skip-if-there', schema: 'public', reason: 'it is there' },
        },
        {
          sql: 'create schema brought',
          tolerance: { kind: 'skip-if-there', schema: 'brought', reason: 'it is there' },
        },
        ...table('w'),
        'set role service_role',
        {
          sql: 'alter table public.w owner to nobody_at_all',
          tolerance: { kind: 'may-fail', sqlStates: ['42501', '42704'], reason: 'postgres keeps it' },
        },
        'reset all',
      ),
    ]);
    expect(await project.apply(template)).toBeUndefined();
    expect((await project.transport.readApplied(project.id))?.notes).toEqual([
      'dump.sql, line 6: postgres keeps it',
    ]);
    expect(
      await project.query(
        `select nspname from pg_namespace where nspname in ('brought', '_provisioning_notes')`,
      ),
    ).toEqual([{ nspname: 'brought' }]);
    expect(await warningsOf(project)).toContainEqual(expect.stringContaining('statements-refused'));
  });

  test('what a template cannot be refused is an error with its own SQLSTATE', async () => {
    await fresh();
    const strict = {
      sql: 'alter table public.w owner to nobody_at_all',
      tolerance: { kind: 'may-fail', sqlStates: ['42501'], reason: 'x' },
    } as const;
    expect(await project.apply(templateOf([fileOf('a.sql', ...table('w'), strict)]))).toMatchObject({
      message: expect.stringMatching(
        /^a\.sql, line 3: role "nobody_at_all" does not exist \(SQLSTATE 42704\)/,
      ) as string,
    });
  });

  test.each([
    [
      'a division',
      `select\r\n  1/0`,
      /^a\.sql, line 3: division by zero \(SQLSTATE 22012\) in "select 1\/0"/,
    ],
    [
      'a duplicate',
      `insert into public.w values (1, 'it''s a secret'), (1)`,
      /line 3.*\(SQLSTATE 42601\) in "insert into public\.w values \(1, '…'\), \(1\)"/,
    ],
    [
      'a key',
      `insert into public.w values (1), (1)`,
      /line 3: .* \(SQLSTATE 23505\) in "insert .*"\. DETAIL: Key \(id\)=\(1\) already exists\.$/,
    ],
    [
      'an exception',
      `do $x$ begin raise exception 'no' using errcode = 'XX000', hint = 'ask' ; end $x$`,
      /line 3: no \(SQLSTATE XX000\) in "do \$…\$"\. HINT: ask$/,
    ],
    [
      'a protocol violation',
      `do $$ begin raise exception 'no' using errcode = '08P01'; end $$`,
      /line 3: no \(SQLSTATE 08P01\)/,
    ],
    [
      'a procedure that commits',
      `do $$ begin commit; end $$`,
      /line 3: invalid transaction termination \(SQLSTATE 2D000\)/,
    ],
    [
      'a broken check',
      `insert into public.w values (null, 'secret')`,
      /line 3: null value in column "id" .* \(SQLSTATE 23502\) in "insert into public\.w values \(null, '…'\)"$/,
    ],
    [
      'a missing table, made from a query',
      `select * into public.copy from public.nowhere`,
      /"public\.nowhere" does not exist \(SQLSTATE 42P01\)/,
    ],
  ])('%s is told with its place, statement, DETAIL and HINT', async (_what, sql, message) => {
    project ??= await fresh();
    if (!(await isEmpty(project))) await fresh();
    const error = await project.apply(templateOf([fileOf('a.sql', ...table('w'), sql)]));
    expect(error).toMatchObject({
      name: 'StepFailure',
      code: 'schema-invalid',
      message: expect.stringMatching(message) as string,
    });
    expect(await isEmpty(project)).toBe(true);
  });

  test('a constraint that was deferred speaks up at the commit', async () => {
    await fresh();
    const template = templateOf([
      fileOf(
        'a.sql',
        ...table('w'),
        'alter table public.w add parent int references public.w deferrable initially deferred',
        'insert into public.w values (1, null, 2)',
      ),
    ]);
    expect(await project.apply(template)).toMatchObject({
      code: 'schema-invalid',
      message: expect.stringMatching(/^the template: .*violates foreign key.*SQLSTATE 23503/) as string,
    });
    expect(await isEmpty(project)).toBe(true);
  });

  test('a server that is not itself is no fault of the template', async () => {
    await fresh();
    for (const state of ['40001', '53300', '57P03', '55P03', '25006']) {
      const sql = `do $$ begin raise exception 'later' using errcode = '${state}'; end $$`;
      expect(await project.apply(templateOf([fileOf('a.sql', ...table('w'), sql)])), state).toMatchObject({
        name: 'ProviderError',
      });
    }
    expect(await isEmpty(project)).toBe(true);
  });
});

test('over http the rows of a COPY are refused before anything is sent, with what to do', async () => {
  const project = await projects.open('http');
  const rows = { sql: 'copy public.w from stdin', copyData: '1\tone\n' };
  expect(await project.apply(templateOf([fileOf('dump.sql', ...table('w'), rows)]))).toMatchObject({
    code: 'schema-invalid',
    message: expect.stringMatching(/^dump\.sql, line 3: .*set SCHEMA_TRANSPORT=postgres/) as string,
  });
});

describe('over the pooler', () => {
  test('the rows of a COPY are streamed, and a wrong one is told by its number, without what is in it', async () => {
    const project = await projects.open('postgres');
    const rows = Array.from({ length: 20_000 }, (_, index) => `${index}\tZürich ${index}\n`).join('');
    const copy = 'copy public.w (id, word) from stdin';
    const good = fileOf(
      'dump.sql',
      ...table('w'),
      { sql: copy, copyData: rows },
      { sql: copy, copyData: '' },
      'analyze public.w',
    );
    const bad = fileOf('more.sql', 'select 1', {
      sql: copy,
      copyData: '20000\tone\nnobody@example.com\ttwo\n',
    });
    expect(await project.apply(templateOf([good, bad]))).toMatchObject({
      message: expect.stringMatching(
        /^more\.sql, line 2, row 2 of its data: .*SQLSTATE 22P02\) in "copy/,
      ) as string,
    });
    expect(await project.apply(templateOf([good]))).toBeUndefined();
    expect(await project.query(`select count(*)::int, max(word) from public.w`)).toEqual([
      { count: 20_000, max: 'Zürich 9999' },
    ]);
  });

  test('of many statements the one that fails is known, with its place in it', async () => {
    const project = await projects.open('postgres');
    const many = Array.from({ length: 250 }, (_, index) => `insert into public.w values (${index}, '💥')`);
    const place = 'select 1,\r\n  nothing\r\n  from public.w';
    const file = fileOf('a.sql', ...table('w'), ...many, 'select 1 -- with a comment', place);
    expect(await project.apply(templateOf([file]))).toMatchObject({
      message: expect.stringMatching(
        /^a\.sql, line 255, column 3 of the statement that begins in line 254: column "nothing" does not exist/,
      ) as string,
    });
  });

  test('a statement that takes too long is the template’s, at once', async () => {
    const project = await projects.open('postgres', 500);
    const file = fileOf('a.sql', 'set statement_timeout = 400', 'select pg_sleep(30)');
    expect(await project.apply(templateOf([file]))).toMatchObject({
      code: 'schema-invalid',
      message: expect.stringMatching(/line 2: .*SQLSTATE 57014.*PROVIDER_TIMEOUT_MS/) as string,
    });
  });

  test('a transaction that ends before its time is noticed, whatever the reader of the files has let through', async () => {
    const project = await projects.open('postgres');
    const file = fileOf('a.sql', ...table('w'), 'commit', 'begin');
    expect(await project.apply(templateOf([file]))).toMatchObject({
      code: 'schema-invalid',
      message: expect.stringContaining('must not begin, commit or roll back transactions') as string,
    });
    expect(await project.transport.readApplied(project.id)).toBeUndefined();
  });

  test('2,000 statements take a few seconds', async () => {
    const project = await projects.open('postgres');
    const many = Array.from({ length: 2000 }, (_, index) => `comment on table public.w is '${index}'`);
    expect(await project.apply(templateOf([fileOf('a.sql', ...table('w'), ...many)]))).toBeUndefined();
  }, 30_000);
});

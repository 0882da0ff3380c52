/** SCHEMA_PATH may be a folder as people have it: nothing in it is passed over in silence, and nothing undoes another. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { readTemplateFiles } from '../../src/schema/read-files.ts';
import { folderWith } from './support.ts';

const sql = 'create table t();';

/** Names of files that are made, each with some SQL. */
function folderOf(...names: string[]): string {
  return folderWith(Object.fromEntries(names.map((name) => [name, sql])));
}

function namesIn(path: string): { taken: string[]; leftOut: Record<string, string> } {
  const { files, leftOut } = readTemplateFiles(path);
  return {
    taken: files.map(({ name }) => name),
    leftOut: Object.fromEntries(leftOut.map(({ name, reason }) => [name, reason])),
  };
}

/** The versions that the Supabase CLI would record. */
function versionsIn(path: string): string[] {
  return readTemplateFiles(path).files.flatMap(({ migration }) => migration?.version ?? []);
}

function refusal(path: string): string {
  try {
    readTemplateFiles(path);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('it was read');
}

test('the files of a folder come in byte order of their names, .SQL too, and others are named', () => {
  expect(namesIn(folderOf('b.sql', 'B.SQL', 'a10.sql', 'a2.sql', 'ä.sql', 'note.txt', '.x.sql'))).toEqual({
    taken: ['B.SQL', 'a10.sql', 'a2.sql', 'b.sql', 'ä.sql'],
    leftOut: { 'note.txt': 'no .sql file', '.x.sql': 'hidden' },
  });
});

test('one file is a template, whatever it is called', () => {
  const folder = folderOf('DUMP.SQL', 'dump.txt');
  expect(namesIn(join(folder, 'DUMP.SQL')).taken).toEqual(['DUMP.SQL']);
  expect(namesIn(join(folder, 'dump.txt')).taken).toEqual(['dump.txt']);
});

test('subfolders are taken where their names come, and those without SQL are named', () => {
  expect(
    namesIn(folderOf('1/b.sql', '1/a.sql', '1.sql', '2/x/y.sql', 'docs/a.md', 'docs/img/b.png', '3.sql')),
  ).toEqual({
    taken: ['1.sql', '1/a.sql', '1/b.sql', '2/x/y.sql', '3.sql'],
    leftOut: { 'docs/': 'no .sql file' },
  });
});

describe('what undoes another file is left out', () => {
  test.each([
    ['golang-migrate', ['1_a.up.sql', '1_a.down.sql'], ['1_a.up.sql'], ['1_a.down.sql']],
    ['db-migrate', ['sqls/1-a-up.sql', 'sqls/1-a-down.sql'], ['sqls/1-a-up.sql'], ['sqls/1-a-down.sql']],
    ['Diesel and Hasura', ['1_a/up.sql', '1_a/down.sql'], ['1_a/up.sql'], ['1_a/down.sql']],
    ['Flyway', ['V1__a.sql', 'U1__a.sql'], ['V1__a.sql'], ['U1__a.sql']],
    ['folders', ['a.sql', 'down/a.sql', 'rollback/a.sql'], ['a.sql'], ['down/', 'rollback/']],
    ['nothing that only sounds so', ['count_down.sql', 'U1__x.sql'], ['U1__x.sql', 'count_down.sql'], []],
  ])('%s', (_what, names, taken, leftOut) => {
    const found = namesIn(folderOf(...names));
    expect(found.taken).toEqual(taken);
    expect(Object.keys(found.leftOut)).toEqual(leftOut);
    for (const reason of Object.values(found.leftOut)) expect(reason).toMatch(/down migration/);
  });
});

test.each([
  [
    'Prisma',
    [
      'schema.prisma',
      'migrations/migration_lock.toml',
      'migrations/20240101120000_a/migration.sql',
      'migrations/20240201120000_b/migration.sql',
    ],
    ['migrations/20240101120000_a/migration.sql', 'migrations/20240201120000_b/migration.sql'],
  ],
  [
    'Drizzle',
    ['0000_a.sql', '0001_b.sql', 'meta/_journal.json', 'meta/0000_snapshot.json'],
    ['0000_a.sql', '0001_b.sql'],
  ],
  ['tests beside the schema', ['schema.sql', 'tests/rls.sql', 'test/a.sql'], ['schema.sql']],
  ['a mounted volume with links in it', ['a.sql', '..data/a.sql'], ['a.sql']],
])('%s', (_what, names, taken) => {
  expect(namesIn(folderOf(...names)).taken).toEqual(taken);
});

describe('a supabase folder', () => {
  test('gives its migrations, then its seed; everything else is named', () => {
    const folder = folderOf(
      'config.toml',
      'seed.sql',
      'roles.sql',
      'functions/hello/index.ts',
      'schemas/a.sql',
      'tests/a.sql',
      '.temp/x',
      'notes.md',
      'migrations/20240201120000_b.sql',
      'migrations/20240101120000_a.sql',
      'migrations/draft.sql',
      'migrations/old/20230101120000_a.sql',
    );
    expect(namesIn(folder)).toEqual({
      taken: ['migrations/20240101120000_a.sql', 'migrations/20240201120000_b.sql', 'seed.sql'],
      leftOut: {
        'migrations/draft.sql': 'the Supabase CLI takes only names like 20250131120000_name.sql',
        'migrations/old/': 'the Supabase CLI takes no subfolders',
        '.temp/': 'hidden',
        'config.toml': 'the Supabase CLI applies nothing of it',
        'notes.md': 'the Supabase CLI applies nothing of it',
        'roles.sql': 'the Supabase CLI applies it only with --include-roles',
        'functions/': 'the Supabase CLI applies nothing of it',
        'schemas/': 'the migrations are what the Supabase CLI applies',
        'tests/': 'tests',
      },
    });
    expect(versionsIn(folder)).toEqual(['20240101120000', '20240201120000']);
  });

  test('is known by what is in it, whatever its name and wherever it is', () => {
    const names = ['config.toml', 'migrations/1_a.sql', 'seed.sql'];
    expect(namesIn(folderOf(...names.map((name) => `supabase/${name}`), 'package.json')).taken).toEqual([
      'supabase/migrations/1_a.sql',
      'supabase/seed.sql',
    ]);
    expect(versionsIn(folderOf(...names))).toEqual(['1']);
    expect(namesIn(folderOf('migrations/b.sql', 'migrations/a.sql')).taken).toEqual([
      'migrations/a.sql',
      'migrations/b.sql',
    ]);
  });

  test('with nothing but declarative schemas gives these, in the order of config.toml', () => {
    expect(namesIn(folderOf('config.toml', 'schemas/b.sql', 'schemas/a.sql', 'seed.sql')).taken).toEqual([
      'schemas/a.sql',
      'schemas/b.sql',
      'seed.sql',
    ]);
    const folder = folderWith({
      'config.toml':
        '[db.migrations]\r\n# schema_paths = ["x"]\r\nschema_paths = [\r\n  "./schemas/z.sql",\r\n  "./schemas/*.sql",\r\n]\r\n[db.seed]\r\nenabled = true # yes\r\n',
      'schemas/a.sql': sql,
      'schemas/z.sql': sql,
      'migrations/.gitkeep': '',
    });
    expect(namesIn(folder).taken).toEqual(['schemas/z.sql', 'schemas/a.sql']);
  });

  test('has its seeds where config.toml says, or none', () => {
    const names = { 'migrations/1_a.sql': sql, 'seed.sql': sql, 'seeds/b.sql': sql, 'seeds/a.sql': sql };
    const paths = "[db.seed]\nenabled = true\nsql_paths = ['./seeds/b.sql', './seeds/*.sql']\n";
    expect(namesIn(folderWith({ ...names, 'config.toml': paths }))).toEqual({
      taken: ['migrations/1_a.sql', 'seeds/b.sql', 'seeds/a.sql'],
      leftOut: {
        'config.toml': 'the Supabase CLI applies nothing of it',
        'seed.sql': 'not among the seeds that config.toml names',
      },
    });
    const off = '[api]\nenabled = true\n[db.seed]\nenabled = false\n[studio]\nenabled = true\n';
    expect(namesIn(folderWith({ ...names, 'config.toml': off })).taken).toEqual(['migrations/1_a.sql']);
  });
});

test('migrations with a timestamp are recorded wherever they are, others are not', () => {
  expect(
    versionsIn(
      folderOf('20240101120000_a.sql', '20240101120001_b.up.sql', '0001_c.sql', 'x/20240101120002_d.sql'),
    ),
  ).toEqual(['20240101120000']);
  expect(versionsIn(folderOf('migrations/20240101120000_a.sql'))).toEqual(['20240101120000']);
});

describe('a path that cannot be used is a configuration problem that says why', () => {
  test.each<[string, () => string, RegExp]>([
    ['missing', () => join(folderOf(), 'nowhere'), /ENOENT.*nowhere/],
    ['an empty folder', () => folderOf(), /there is no \.sql file in it$/],
    [
      'a folder without SQL',
      () => folderOf('a.txt', 'x/b.md'),
      /there is no \.sql file in it, only a\.txt \(no \.sql file\), x\/ \(/,
    ],
    ['files without SQL', () => folderWith({ 'a.sql': ' \n' }), /there is no SQL in it/],
    [
      'two migrations of one version',
      () => folderOf('20240101120000_a.sql', '20240101120000_b.sql'),
      /20240101120000_a\.sql and 20240101120000_b\.sql have the same version/,
    ],
    ['a plan of Sqitch', () => folderOf('sqitch.plan', 'deploy/a.sql'), /sqitch\.plan gives the order/],
    [
      'a link that leads nowhere',
      () => {
        const folder = folderOf('a.sql');
        symlinkSync(join(folder, 'gone'), join(folder, 'b.sql'));
        return folder;
      },
      /ENOENT.*b\.sql/,
    ],
    [
      'a link that leads back',
      () => {
        const folder = folderOf('a.sql');
        mkdirSync(join(folder, 'x'));
        symlinkSync(folder, join(folder, 'x/y'));
        return folder;
      },
      /x\/y is a link to a folder above it/,
    ],
  ])('%s', (_what, make, words) => {
    const message = refusal(make());
    expect(message).toMatch(/^no template can be read there: /);
    expect(message).toMatch(words);
  });
});

test('the checksum depends on every name and every byte', () => {
  const checksumOf = (files: Record<string, string>) => readTemplateFiles(folderWith(files)).checksum;
  const before = checksumOf({ 'a.sql': 'select 1;' });
  expect(checksumOf({ 'a.sql': 'select 1;' })).toBe(before);
  expect(checksumOf({ 'a.sql': 'select 2;' })).not.toBe(before);
  expect(checksumOf({ 'b.sql': 'select 1;' })).not.toBe(before);
});

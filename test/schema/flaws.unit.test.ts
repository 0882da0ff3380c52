/** Everything that keeps a template from being applied is told with its place, before anything is sent. */
import { expect, test } from 'vitest';
import { StepFailure } from '../../src/errors.ts';
import { TemplateFlawed } from '../../src/schema/flaws.ts';
import { flawsOf, read } from './support.ts';

test.each([
  ['begin', 'BEGIN'],
  ['begin transaction isolation level serializable', 'BEGIN'],
  ['start transaction', 'START TRANSACTION'],
  ['commit', 'COMMIT'],
  ['COMMIT AND CHAIN', 'COMMIT'],
  ['end', 'COMMIT'],
  ['rollback', 'ROLLBACK'],
  ['abort', 'ROLLBACK'],
  ["prepare transaction 'a'", 'PREPARE TRANSACTION'],
  ["commit prepared 'a'", 'COMMIT PREPARED'],
  ["rollback prepared 'a'", 'ROLLBACK PREPARED'],
])('%s is a transaction command', async (sql, name) => {
  const [flaw, ...others] = await flawsOf({ 'a.sql': `select 1;\n\n  /* c */ ${sql};\nselect 2;` });
  expect(flaw).toMatch(new RegExp(`^a\\.sql:3:11 ${name}.* is a transaction command$`));
  expect(others).toEqual([]);
});

test('a commit in the 41st of 42 files is found, and so is the pair that wraps a file', async () => {
  const names = Array.from({ length: 42 }, (_, index) => `${String(index + 1).padStart(3, '0')}.sql`);
  const files = Object.fromEntries(names.map((name) => [name, `create table t${name.slice(0, 3)}();\n`]));
  files['007.sql'] = 'begin;\ncreate table t007();\ncommit;\n';
  files['041.sql'] += '\n-- done\ncommit;\n';
  expect(await flawsOf(files)).toEqual([
    '007.sql:1:1 BEGIN is a transaction command',
    '007.sql:3:1 COMMIT (or END) is a transaction command',
    '041.sql:4:1 COMMIT (or END) is a transaction command',
  ]);
});

test.each([
  'select \'begin; commit;\' as "commit;" -- commit;',
  '/* begin; */ select 1 /* commit; */',
  'do $$ begin perform 1; end $$',
  'create function f() returns int begin atomic select 1; end',
  'create function f() returns void language plpgsql as $$ begin commit; end $$',
  'savepoint a; select 1; rollback to a; release a',
  'create table "end"(); create table atomic("begin" int)',
])('%s holds no transaction command', async (sql) => {
  expect(await flawsOf({ 'a.sql': `${sql};` })).toEqual([]);
});

test.each([
  'create index concurrently on t(a)',
  'create unique index concurrently if not exists i on t(a)',
  'drop index concurrently i',
  'reindex table concurrently t',
  'reindex (concurrently, verbose) index i',
  'reindex schema public',
  'reindex database postgres',
  'reindex system postgres',
  'vacuum',
  'vacuum (analyze) t',
  'cluster',
  'create database d',
  'drop database if exists d',
  'alter database d set tablespace t',
  "create tablespace t location '/t'",
  'drop tablespace t',
  "alter system set work_mem = '1MB'",
  'discard all',
  'alter table t detach partition p concurrently',
  "create subscription s connection 'c' publication p",
  'alter subscription s refresh publication',
  'alter subscription s set publication p',
  'drop subscription s',
])('%s is refused: PostgreSQL does not run it in a transaction', async (sql) => {
  const [flaw, ...others] = await flawsOf({ 'a.sql': `select 1;\n${sql};` });
  expect(flaw).toMatch(/^a\.sql:2:1 PostgreSQL refuses .* inside a transaction/);
  expect(others).toEqual([]);
});

test.each([
  'create index on t(a)',
  'drop index i',
  'reindex table t',
  'reindex (concurrently false) index i',
  'analyze',
  'cluster t using i',
  'alter database postgres set search_path to public',
  'discard plans',
  'alter table t detach partition p',
  'refresh materialized view concurrently v',
  "alter type e add value 'v'",
  "create subscription s connection 'c' publication p with (connect = false)",
  'alter subscription s set publication p with (refresh = false)',
])('%s is no such statement', async (sql) => {
  expect(await flawsOf({ 'a.sql': `${sql};` })).toEqual([]);
});

test.each([
  ['set transaction isolation level serializable', /SET TRANSACTION changes/],
  ['set session characteristics as transaction read only', /SET SESSION CHARACTERISTICS changes/],
  ['set standard_conforming_strings = off', /standard_conforming_strings/],
  [
    "set client_encoding = 'LATIN1'; select 'Zürich'",
    /client_encoding is set to LATIN1, and the file is UTF-8/,
  ],
  ["set names 'latin1'; select 'Zürich'", /client_encoding/],
])('%s is refused', async (sql, what) => {
  const flaws = await flawsOf({ 'a.sql': `${sql};` });
  expect(flaws).toHaveLength(1);
  expect(flaws[0]).toMatch(what);
});

test.each([
  "set client_encoding = 'LATIN1'; select 'Zurich'",
  "set client_encoding to 'UTF8'; select 'Zürich'",
  'set standard_conforming_strings = on',
  'set local statement_timeout = 0; reset all',
])('%s is no reason to refuse', async (sql) => {
  expect(await flawsOf({ 'a.sql': `${sql};` })).toEqual([]);
});

test.each([
  ['a typing error', 'select 1;\ncreate tabel t();', '2:8 syntax error at or near "tabel"'],
  [
    'after letters of two code units and Windows line breaks',
    "select '😀';\r\nselect '😀', from;",
    '2:13 syntax error at or near "from"',
  ],
  ['an open quote', "select 1;\nselect 'open;\n", `2:8 unterminated quoted string at or near "'open; "`],
  [
    'an open dollar quote',
    'do $body$ begin end $$;',
    '1:4 unterminated dollar-quoted string at or near "$body$ begin end $$;"',
  ],
  ['an open comment', 'select 1; /* a /* b */;', '1:11 a comment that is never closed'],
  ['an open comment in a statement', 'select 1\n/* a;', '2:1 a comment that is never closed'],
  ['an open parenthesis', 'create table t (a int;\nselect 1;', '1:22 syntax error at or near ";"'],
  ['a variable of psql', 'select :x;', '1:8 syntax error at or near ":"'],
])('%s is a syntax error with its place', async (_what, sql, expected) => {
  expect(await flawsOf({ 'a.sql': sql })).toEqual([`a.sql:${expected}`]);
});

test('what nests too deeply to be read is told, and the next template is read again', async () => {
  const deep = `select 1${'+1'.repeat(50_000)};`;
  expect(await flawsOf({ 'a.sql': deep })).toEqual(['a.sql:1:1 it nests too deeply to be read']);
  expect(await flawsOf({ 'a.sql': 'select 1;' })).toEqual([]);
});

test.each([
  ['\\i other.sql', /SCHEMA_PATH be a folder/],
  ['\\ir other.sql', /SCHEMA_PATH be a folder/],
  ['\\set x 1', /write values/],
  ["\\copy t from 'a.csv'", /COPY … FROM stdin/],
  ['\\if true', /Keep only/],
  ['\\connect other', /one database/],
  ['\\connect postgres joe', /one database/],
  ['\\c template1', /one database/],
  ['\\echo done', /Remove the line/],
  ['\\! ls', /Remove the line/],
  ["select 'create table t()' \\gexec", /DO block/],
  ['select 1 \\restrict abc', /Remove the line/],
])('the command of psql %s is refused, and what to do instead is told', async (line, fix) => {
  const error = await read({ 'a.sql': `select 1;\n${line}\nselect 2;\n` }).catch((caught: unknown) => caught);
  if (!(error instanceof TemplateFlawed)) throw error;
  expect(error.flaws).toHaveLength(1);
  expect(error.flaws[0]).toMatchObject({ file: 'a.sql', place: { line: 2, column: line.indexOf('\\') + 1 } });
  expect(error.flaws[0]?.what).toMatch(/^\\\S+ is a command of psql/);
  expect(error.flaws[0]?.fix).toMatch(fix);
});

test.each([
  '\\restrict uIAxQ',
  '\\unrestrict uIAxQ',
  '\\connect postgres',
  '\\connect "postgres"',
  '\\c',
  '\\connect - -',
  '\\.',
])('the command of psql %s is taken as it is', async (line) => {
  expect(await flawsOf({ 'a.sql': `${line}\r\nselect 1;\n` })).toEqual([]);
});

test.each([
  ['copy t from stdin;\n1\n2\n', '1:1 the rows of this COPY never end'],
  ['copy t from stdin; select 1;\n1\n\\.\n', '1:1 something follows COPY … FROM stdin; on its line'],
])('rows that are not as psql wants them are refused: %j', async (sql, expected) => {
  expect(await flawsOf({ 'a.sql': sql })).toEqual([`a.sql:${expected}`]);
});

test.each(['-- migrate:down', '-- +goose Down', '-- +migrate Down', '-- Down Migration'])(
  'a section that undoes the one before it (%s) is refused, never applied as well',
  async (comment) => {
    const up = '-- the way up\ncreate table t();\n';
    expect(await flawsOf({ 'a.sql': `${up}\n${comment}\ndrop table t;\n` })).toEqual([
      `a.sql:4:1 "${comment}" begins a section that undoes the one before it`,
    ]);
    expect(await flawsOf({ 'a.sql': `${up}\n${comment}\n-- nothing\n` })).toEqual([]);
    expect(await flawsOf({ 'a.sql': `select '\n${comment}\n'; ${up}` })).toEqual([]);
  },
);

test('all flaws of all files are told at once, in order, as a failure that no repeat fixes', async () => {
  const error = await read({
    'b.sql': 'commit;',
    'a.sql': 'selec 1;\n\\i x\nbegin;\nvacuum;\nrollback;\nselec 2;',
  }).catch((caught: unknown) => caught);
  if (!(error instanceof TemplateFlawed)) throw error;
  expect(error).toBeInstanceOf(StepFailure);
  expect(error.code).toBe('schema-invalid');
  expect(error.flaws.map(({ file, place }) => `${file}:${place.line}`)).toEqual([
    'a.sql:1',
    'a.sql:2',
    'a.sql:3',
    'a.sql:4',
    'a.sql:5',
    'a.sql:6',
    'b.sql:1',
  ]);
  expect(error.message).toMatch(
    /^a\.sql, line 1, column 1: syntax error at or near "selec"\. .*\na\.sql, line 2/,
  );
  expect(error.message).toMatch(/\nand 2 more$/);
});

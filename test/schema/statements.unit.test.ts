/** A template is a list of statements, each with its place, its rows, and the record that the Supabase CLI keeps. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTemplate } from '../../src/schema/read-template.ts';
import { folderWith, read, statementsOf } from './support.ts';

test('a statement is told with the line and the column where its own text begins', async () => {
  const text = '-- first\r\n\r\n  select 1; /* second */ select\r\n  2 -- ?\r\n;\r\nselect $$a\r\n;b$$';
  expect(await statementsOf(text)).toMatchObject([
    { sql: 'select 1', line: 3, column: 3, copyData: undefined },
    { sql: 'select\r\n  2', line: 3, column: 26 },
    { sql: 'select $$a\r\n;b$$', line: 6, column: 1 },
  ]);
});

test('strings that go on below a comment are one, as in PostgreSQL', async () => {
  const text = "select 'a' -- why 😀\n  'b;'; select 2;";
  expect((await statementsOf(text)).map(({ sql }) => sql)).toEqual([text.slice(0, -11), 'select 2']);
});

test('a dump with data is taken as pg_dump writes it', async () => {
  const text = [
    '--',
    '-- PostgreSQL database dump',
    '--',
    '',
    '\\restrict sTLWlE0f',
    '',
    'SET statement_timeout = 0;',
    "SELECT pg_catalog.set_config('search_path', '', false);",
    'CREATE TABLE public.t (',
    '    a integer',
    ');',
    '',
    'COPY public.t (a, b) FROM stdin;',
    "1\tit\\'s; $$",
    '2\t\\N',
    '\\.',
    '',
    'ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (a);',
    '',
    '\\unrestrict sTLWlE0f',
    '',
  ].join('\n');
  const statements = await statementsOf(text);
  expect(statements.map(({ line, copyData }) => [line, copyData])).toEqual([
    [7, undefined],
    [8, undefined],
    [9, undefined],
    [13, "1\tit\\'s; $$\n2\t\\N\n"],
    [18, undefined],
  ]);
  expect(statements[3]?.sql).toBe('COPY public.t (a, b) FROM stdin');
});

test('a file without a statement is named among those left out', async () => {
  const template = await read({ 'a.sql': 'select 1;', 'b.sql': '-- nothing\n;', 'c.sql': '' });
  expect(template.files.map(({ name }) => name)).toEqual(['a.sql']);
  expect(template.leftOut).toEqual([
    { name: 'b.sql', reason: 'no statement in it' },
    { name: 'c.sql', reason: 'no statement in it' },
  ]);
});

test('a migration is recorded as the Supabase CLI cuts it: comments stay, semicolons go', async () => {
  const template = await read({
    'migrations/20240101120000_first_step.sql':
      "-- why\ncreate table t(a text default ';');\n\n/* b */ select 1; ;\n-- end\n",
    'migrations/20240102120000_empty.sql': '-- nothing\n',
    'migrations/0003_other.sql': 'select 1;',
  });
  expect(template.migrations).toEqual([
    {
      version: '20240101120000',
      name: 'first_step',
      statements: ["-- why\ncreate table t(a text default ';')", '/* b */ select 1', '-- end'],
    },
    { version: '20240102120000', name: 'empty', statements: ['-- nothing'] },
  ]);
});

test('a template is taken apart once as long as nothing in it changes', async () => {
  const folder = folderWith({ 'a.sql': 'select 1;' });
  const first = await readTemplate(folder);
  expect(await readTemplate(folder)).toBe(first);
  const other = await readTemplate(folderWith({ 'a.sql': 'select 2;' }));
  expect(other.checksum).not.toBe(first.checksum);
  expect(await readTemplate(folder)).toEqual(first);
});

test('the example is read whole, in order', async () => {
  const path = join(import.meta.dirname, '../../examples/template-schema');
  const template = await readTemplate(path);
  expect(template.files.map(({ name }) => name)).toEqual(
    readdirSync(path)
      .filter((name) => name.endsWith('.sql'))
      .toSorted(),
  );
  expect(template.leftOut).toEqual([{ name: 'README.md', reason: 'no .sql file' }]);
});

test('a large template leaves other work of the process its turn', async () => {
  const folder = folderWith({ 'a.sql': 'insert into t (a, b) values (1, 2);\n'.repeat(5_000) });
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const template = await readTemplate(folder);
  clearInterval(timer);
  expect(template.files[0]?.statements).toHaveLength(5_000);
  expect(turns).toBeGreaterThan(0);
});

/** What is told about a template without a database is true: no good SQL is complained about. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findFlaw } from '../../src/steps/checks/sql-flaw.ts';
import { textLike } from '../sandbox/matchers.ts';

const examples = join(import.meta.dirname, '../../examples/template-schema');

test.each(readdirSync(examples).filter((name) => name.endsWith('.sql')))('%s is fine', (name) => {
  expect(findFlaw(readFileSync(join(examples, name), 'utf8'))).toBeUndefined();
});

test.each([
  ['nothing', ''],
  ['a doubled quote', `select 'it''s', ''''`],
  ['a backslash at the end of a plain string', `select 'C:\\'`],
  ['an escaped quote in an escape string', `select E'it\\'s', e'\\\\'`],
  ['a string that only follows an e', `select type'x'`],
  ['quotes in a comment', `-- it's\nselect 1 /* it's "so" */`],
  ['a comment at the very end', `select 1 -- done`],
  ['comments in comments', `/* a /* b */ c */ select 1`],
  ['a comment sign in a string', `select '/*', '--', "/*"`],
  ['a quoted name with a quote in it', `select "a""b'c"`],
  ['a dollar quote', `select $$it's$$, $a$ $$ ' $b$ $a$`],
  ['a parameter, and a name with dollars', `select $1, a$b$c`],
  ['letters of other languages', `select größe, 'ß', $größe$ ' $größe$`],
  ['a string in Unicode escapes', `select U&'d\\0061t'`],
])('%s is fine in SQL', (_what, sql) => {
  expect(findFlaw(sql)).toBeUndefined();
});

test.each([
  ['a string', `select 'abc`, 8, /quote/],
  ['a string that ends in a doubled quote', `select 'abc''`, 8, /quote/],
  ['an escape string whose end is escaped', `select E'abc\\'`, 8, /quote/],
  ['a quoted name', `select "abc`, 8, /quote/],
  ['a dollar quote', `do $body$ begin end $$;`, 4, /quote/],
  ['a comment', `select 1 /* a /* b */`, 10, /comment/],
  ['a command of psql', `select 1;\n\\restrict abc`, 11, /psql/],
  ['what follows a letter of two code units', `select '😀', 'abc`, 13, /quote/],
])('%s that is open is told with its place', (_what, sql, position, what) => {
  expect(findFlaw(sql)).toEqual({ what: textLike(what), position });
});

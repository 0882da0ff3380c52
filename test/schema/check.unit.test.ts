/** The preflight's look at the template: the files in order, or the first flaw whole and the next ones short. */
import { expect, test } from 'vitest';
import { schemaChecks } from '../../src/steps/checks/schema.ts';
import { textLike } from '../sandbox/matchers.ts';
import { folderWith } from './support.ts';

function look(files: Record<string, string | Uint8Array>) {
  const [check] = schemaChecks;
  return check?.look({ settings: { SCHEMA_PATH: folderWith(files) } });
}

test('a template is told with its files in order, and with what is left out', async () => {
  expect(await look({ 'b.sql': 'select 1;', 'a.sql': 'select 1;', 'a.down.sql': '', 'b.txt': '' })).toEqual({
    ok: true,
    detail: textLike(
      /^2 SQL files, checksum [0-9a-f]{12}: a\.sql, b\.sql; left out: a\.down\.sql \(a down migration.*\), b\.txt \(no .*\)$/,
    ),
  });
});

test('one with many files is told in bounds', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `${100 + index}.sql`);
  expect(await look(Object.fromEntries(names.map((name) => [name, 'select 1;'])))).toMatchObject({
    ok: true,
    detail: textLike(/: 100\.sql, 101\.sql, .*, 149\.sql, and 10 more$/),
  });
});

test.each([
  [
    'a commit',
    'select 1;\ncommit;',
    /^2\.sql, line 2, column 1: COMMIT .* is a transaction command$/,
    /^Remove it/,
  ],
  [
    'a command of psql and more',
    '\\i 1.sql\nbegin;',
    /^2\.sql, line 1, column 1: \\i is .*; 2\.sql, line 2: BEGIN is/,
    /^Put the SQL/,
  ],
  [
    'a concurrent index',
    'create index concurrently on t(a);',
    /^2\.sql, line 1, /,
    /^Leave out CONCURRENTLY/,
  ],
  [
    'ten flaws',
    'commit;\n'.repeat(10),
    /line 6: COMMIT \(or END\) is a transaction command; and 4 more$/,
    /^Remove/,
  ],
])('%s is told with its place, and what fixes it', async (_what, text, detail, fix) => {
  const finding = await look({ '1.sql': "select 'fine';\n", '2.sql': text });
  expect(finding).toEqual({ ok: false, detail: textLike(detail), fix: textLike(fix) });
});

test('one that is not UTF-8 is a problem of the configuration', async () => {
  const finding = look({ '1.sql': Buffer.from("select 1;\nselect 'Größe';", 'latin1') });
  await expect(finding).rejects.toThrow(/^no template can be read there: 1\.sql, line 2: it is not UTF-8/);
});

/** A script comes apart where psql and PostgreSQL take it apart, and nowhere else. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadGrammar, type Grammar } from '../../src/schema/grammar.ts';
import { splitScript } from '../../src/schema/split-script.ts';

let grammar: Grammar;
beforeAll(async () => {
  grammar = await loadGrammar();
});

/** The statements as texts, without the comments around them. */
function statementsOf(text: string): string[] {
  return splitScript(text).statements.map(({ first, last }) => text.slice(first, last).trimEnd());
}

test.each([
  ['nothing', '', []],
  ['comments alone', '-- a; b\n/* c; /* d; */ e; */', []],
  ['empty statements', ';; select 1 ; ;', ['select 1']],
  ['a last one without a semicolon', 'select 1; select 2', ['select 1', 'select 2']],
  ['comments before and behind', '/* a */ select 1 -- b\n; -- c\nselect 2 /* d */', ['select 1', 'select 2']],
  ['a comment in the middle', 'select -- ;\n 1;', ['select -- ;\n 1']],
  ['semicolons in strings', `select ';', 'it''s;';`, [`select ';', 'it''s;'`]],
  ['a backslash at the end of a plain string', `select 'C:\\'; select 2`, [`select 'C:\\'`, 'select 2']],
  ['an escaped quote', `select E'it\\'s;', e'\\\\'; select 2`, [`select E'it\\'s;', e'\\\\'`, 'select 2']],
  [
    'an escape string that goes on below',
    `select E'a'\n'b\\';' ; select 2`,
    [`select E'a'\n'b\\';'`, 'select 2'],
  ],
  ['a string that only follows an e', `select type'\\'; select 2`, [`select type'\\'`, 'select 2']],
  ['a quoted name', `select "a"";b"; select 2`, [`select "a"";b"`, 'select 2']],
  ['dollar quotes', `do $a$ ; $b$ ; $$ ; $a$; select 2`, [`do $a$ ; $b$ ; $$ ; $a$`, 'select 2']],
  [
    'parameters and names with dollars',
    `select $1, a$b$ ; select $ä$ ; $ä$`,
    ['select $1, a$b$', 'select $ä$ ; $ä$'],
  ],
  [
    'parentheses',
    'create rule r as on insert to t do (select 1; select 2); select 3',
    ['create rule r as on insert to t do (select 1; select 2)', 'select 3'],
  ],
  ['a parenthesis too many', 'select 1); select 2', ['select 1)', 'select 2']],
] as const)('%s', (_what, text, expected) => {
  expect(statementsOf(text)).toEqual(expected);
});

describe('the body of a function in standard SQL is part of its statement', () => {
  const body = `create or replace function f(begin int) returns int
    begin atomic
      select case when true then t."end" else t.end end from t;
      select 2;
    end`;

  test('with CASE … END in it', () => {
    expect(statementsOf(`${body}; select 3`)).toEqual([body, 'select 3']);
  });

  test('and BEGIN and END elsewhere are statements', () => {
    expect(statementsOf('begin; create table atomic(); end; select 1')).toEqual([
      'begin',
      'create table atomic()',
      'end',
      'select 1',
    ]);
  });
});

describe('COPY … FROM stdin', () => {
  const rows = "1\tit's; a $$ row\n2\t/* \\N\n";

  test.each(['copy t from stdin;', 'COPY "public"."t" (a, b) FROM STDIN WITH (FORMAT csv);  -- rows'])(
    '%s takes the lines up to \\.',
    (copy) => {
      const text = `select 1;\n${copy}\n${rows}\\.\n\nselect 2;`;
      const found = splitScript(text).statements;
      expect(found.map((one) => one.rows && text.slice(one.rows.start, one.rows.end))).toEqual([
        undefined,
        rows,
        undefined,
      ]);
      expect(found[1]?.rows).toMatchObject({ isClosed: true, isCrowded: false });
      expect(statementsOf(text)[2]).toBe('select 2');
    },
  );

  test('no rows at all, and line breaks of Windows', () => {
    const text = 'copy t from stdin;\r\n\\.\r\nselect 2;';
    expect(splitScript(text).statements.map(({ rows: found }) => found)).toEqual([
      { start: 20, end: 20, isClosed: true, isCrowded: false },
      undefined,
    ]);
  });

  test('rows that never end reach to the end', () => {
    const [copy] = splitScript(`copy t from stdin;\n${rows}`).statements;
    expect(copy?.rows).toEqual({ start: 19, end: 19 + rows.length, isClosed: false, isCrowded: false });
  });

  test('what stands behind the semicolon is told', () => {
    expect(splitScript('copy t from stdin; 1\n\\.\n').statements[0]?.rows?.isCrowded).toBe(true);
  });

  test.each([
    'copy t to stdout;',
    "copy t from '/stdin';",
    'copy (select 1 from stdin) to stdout;',
    'select 1 from stdin;',
  ])('%s takes none', (sql) => {
    expect(splitScript(`${sql}\nselect 2;`).statements.map(({ rows: found }) => found)).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('commands of psql', () => {
  test('are found with their line, and SQL goes on below', () => {
    const text = '\\restrict abc\n-- c\n\\i a;b.sql\r\nselect 1; \\echo x\nselect 2 \\gexec\nselect 3;';
    const { commands } = splitScript(text);
    expect(commands.map(({ start, end, isAlone }) => [text.slice(start, end).trimEnd(), isAlone])).toEqual([
      ['\\restrict abc', true],
      ['\\i a;b.sql', true],
      ['\\echo x', true],
      ['\\gexec', false],
    ]);
    expect(statementsOf(text)).toEqual(['select 1', 'select 3']);
  });

  test('are none in quotes, comments and rows', () => {
    const text = `select '\n\\i', "\n\\i", $$\n\\i$$ -- \\i\n/*\n\\i */;\ncopy t from stdin;\n\\N\n\\.\n`;
    expect(splitScript(text).commands).toEqual([]);
  });
});

describe('whatever the script is', () => {
  const part = fc.constantFrom(
    `'`,
    `"`,
    `''`,
    `E'`,
    `e'\\''`,
    `\\`,
    '$',
    '$$',
    '$a$',
    '$1',
    '--',
    '/*',
    '*/',
    '(',
    ')',
    ';',
    '\n',
    '\r\n',
    ' ',
    'a',
    'e',
    'ä',
    '😀',
    '1',
    'begin',
    'atomic',
    'end',
    'case',
    'create',
    'copy t from stdin;',
    '\\.',
    '.',
    '-',
    '/',
  );

  test('nothing is lost: what is between the parts is semicolons, rows and commands', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        const { statements, commands, tail } = splitScript(text);
        let at = 0;
        for (const span of [...statements, ...commands, tail].toSorted((a, b) => a.start - b.start)) {
          if (span.start < at || span.end < span.start) throw new Error(`parts overlap at ${span.start}`);
          at = span.end;
        }
        expect(at).toBeLessThanOrEqual(text.length);
        for (const { start, first, last, end } of statements) {
          expect(start <= first && first < last && last <= end).toBe(true);
          // Cut out alone, it is the same statement.
          expect(statementsOf(text.slice(first, last))).toHaveLength(1);
        }
      }),
      { numRuns: 300 },
    );
  });

  const statement = fc.constantFrom(
    'select 1',
    `select 'a;''b'`,
    `select E'a\\';'`,
    `select E'a' \n\t 'b\\';'`,
    'select $$ ; $$',
    "select $a$ $$;' $a$",
    'select "a;"',
    "select 2 /* ; /* ' */ $$ */",
    'select 3 -- ; \' $$ "',
    'select $1',
    'select a.end, case when true then 1 end',
    'begin',
    'end',
    "create table t(a int, b text default ';')",
    'create rule r as on insert to t do (select 1; select 2)',
    'create function f() returns int begin atomic select case when true then 1 end; select 2; end',
    'create function begin() returns int return 1',
    'select U&"d\\0061t;"',
    `select B'1', x'1F', N';'`,
    'select 1 <- 2',
    'select ä$b$ from 😀',
  );
  const gap = fc.constantFrom(';', ';\n', '\n;', ';;', '; -- a;\n', "; /* ' */ ", ';\r\n\t');

  test('scripts without commands come apart as in the grammar of PostgreSQL', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(statement, gap), { minLength: 1, maxLength: 12 }), (parts) => {
        const text = parts
          .map(([sql, end]) => (sql.includes('--') ? `${sql}\n${end}` : `${sql}${end}`))
          .join(' ');
        const parsed = grammar.parse(text);
        if ('message' in parsed) throw new Error(parsed.message);
        expect(splitScript(text).statements.map(({ first, end }) => text.slice(first, end).trim())).toEqual(
          parsed.map(({ start, end }) => withoutComments(text.slice(start, end)).trim()),
        );
      }),
      { numRuns: 100 },
    );
  });
});

/** The grammar counts the comments before a statement to it. */
function withoutComments(sql: string): string {
  return sql.replace(/^(?:\s|--[^\n]*\n|\/\*[^*]*\*\/)+/, '');
}

import { describe, expect, test } from 'vitest';
import { isPassingForTemplate, isPassingSqlError } from '../../../src/providers/postgres-errors.ts';
import { findFailure, findWarnings, type Findings } from '../../../src/steps/schema/findings.ts';
import { literal, quoted } from '../../../src/steps/schema/literals.ts';
import { readPrintedError } from '../../../src/steps/schema/printed-error.ts';
import {
  quoteStatement,
  templateFailure,
  type StatedError,
} from '../../../src/steps/schema/statement-error.ts';
import { fileOf } from './made.ts';

const facts: StatedError = {
  code: '42601',
  message: 'no',
  detail: undefined,
  hint: undefined,
  where: undefined,
};

function failureOf(sql: string, error: Partial<StatedError>, offset?: number): string {
  const [statement] = fileOf('a.sql', sql).statements;
  if (statement === undefined) throw new Error('no statement');
  const origin = { file: 'a.sql', statement: { ...statement, line: 7, column: 5 } };
  return templateFailure(origin, { ...facts, ...error }, offset, undefined).message;
}

describe('the place of an error', () => {
  test.each([
    ['select x', 7, 'a.sql, line 7, column 12: '],
    ['select\n  x', 9, 'a.sql, line 8, column 3 of the statement that begins in line 7: '],
    ['select\r\n  x', 10, 'a.sql, line 8, column 3 of the statement that begins in line 7: '],
    [`select '💥', x`, 13, 'a.sql, line 7, column 17: '],
    ['select x', undefined, 'a.sql, line 7: '],
  ])('%j at %s', (sql, offset, place) => {
    expect(failureOf(sql, {}, offset)).toContain(`${place}no (SQLSTATE`);
  });
});

describe('what is told of an error', () => {
  test('DETAIL and HINT, on one line each, cut', () => {
    const message = failureOf('select 1', { detail: `a\n  b ${'x'.repeat(500)}`, hint: 'ask' });
    expect(message).toMatch(
      /^a\.sql, line 7: no \(SQLSTATE 42601\) in "select 1"\. DETAIL: a b x+… HINT: ask$/,
    );
    expect(message.length).toBeLessThan(420);
  });

  test('no row of data', () => {
    expect(failureOf('select 1', { detail: 'Failing row contains (1, secret).' })).not.toContain('secret');
  });

  test('the statement’s first words, without comments and constants', () => {
    expect(quoteStatement(`insert into a -- 'why'\n values ('it''s', $x$ secret $x$, 'open`)).toBe(
      `insert into a values ('…', $…$, '…'`,
    );
    expect(quoteStatement(`create table ${'long_'.repeat(50)}`)).toHaveLength(80);
  });
});

test('of an error as psql prints it, every part is read', () => {
  const printed = [
    'Failed to run sql query: ERROR:  23505: [statement 3] duplicate key\nvalue',
    'LINE 1: do $$',
    '        ^',
    'DETAIL:  Key (id)=(1) already exists.',
    'HINT:  Do\nnot.',
    'CONTEXT:  COPY w, line 3',
    '',
  ].join('\n');
  expect(readPrintedError(printed)).toEqual({
    code: '23505',
    message: '[statement 3] duplicate key\nvalue',
    detail: 'Key (id)=(1) already exists.',
    hint: 'Do\nnot.',
    where: 'COPY w, line 3',
  });
  expect(readPrintedError('Failed to run sql query: FATAL:  57P01: terminating')).toMatchObject({
    code: '57P01',
  });
  expect(readPrintedError('Failed to run sql query: Connection terminated unexpectedly')).toBeUndefined();
});

describe('an error will pass by itself', () => {
  test.each([
    ['40001', true, true],
    ['53100', true, true],
    ['57P01', true, true],
    ['25006', true, true],
    ['55P03', true, true],
    ['57014', false, true],
    ['XX000', false, true],
    ['08P01', false, true],
    ['58P01', false, true],
    ['P0001', false, false],
    ['42601', false, false],
    ['23505', false, false],
  ])('%s: raised by a statement of the template %s, by one of ours %s', (code, ofTemplate, ofOurs) => {
    expect(isPassingForTemplate(code)).toBe(ofTemplate);
    expect(isPassingSqlError(code)).toBe(ofOurs);
  });
});

describe('what follows from findings', () => {
  const none = { count: 0, names: [] };
  const clean: Findings = {
    tables: 1,
    missing: none,
    unsecured: none,
    unreachable: none,
    closedSchemas: none,
    views: none,
    materializedViews: none,
    definerFunctions: none,
  };
  const one = { count: 1, names: ['public.w'] };
  const policy = { grants: 'warn', rls: 'fail' } as const;

  test.each([
    ['no table', { tables: 0 }, policy, 'schema-invalid'],
    [
      'a table that is gone',
      { missing: one },
      { grants: 'legacy', rls: 'warn' } as const,
      'verification-failed',
    ],
    ['a table without row-level security', { unsecured: one }, policy, 'verification-failed'],
    [
      'the same where only a warning is wished',
      { unsecured: one },
      { ...policy, rls: 'warn' } as const,
      undefined,
    ],
    ['a table without grants', { unreachable: one }, policy, undefined],
    [
      'the same where that is to fail',
      { unreachable: one },
      { ...policy, grants: 'fail' } as const,
      'verification-failed',
    ],
    ['nothing', {}, policy, undefined],
  ])('%s', (_what, found, wished, code) => {
    expect(findFailure({ ...clean, ...found }, wished)?.code).toBe(code);
  });

  test('of many names ten are told, and how many more there are', () => {
    const names = Array.from({ length: 10 }, (_, index) => `public.t${index}`);
    const [warning] = findWarnings({ ...clean, views: { count: 12, names } }, []);
    expect(warning).toMatchObject({ code: 'views-bypass-rls' });
    expect(warning?.message).toMatch(/public\.t9 and 2 more: /);
    expect(findWarnings(clean, [])).toEqual([]);
  });
});

test('text as a constant ends where it should, whatever is in it', () => {
  expect(quoted('select $cp0$x$cp0$ $cp1')).toBe('$cp2$select $cp0$x$cp0$ $cp1\n$cp2$');
  expect(literal(`it's`)).toBe(`'it''s'`);
});

/** Only text that PostgreSQL would store as it was meant is read; anything else is named with file and line. */
import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { decodeSql } from '../../src/schema/decode.ts';
import { readTemplateFiles } from '../../src/schema/read-files.ts';
import { textLike } from '../sandbox/matchers.ts';
import { folderWith, statementsOf } from './support.ts';

const bom = '\uFEFF';

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

test('a byte order mark is taken off', async () => {
  const [statement] = await statementsOf(`${bom}select 'ä';`);
  expect(statement).toMatchObject({ sql: "select 'ä'", line: 1, column: 1 });
});

test('an empty file is text', () => {
  expect(decodeSql(Buffer.alloc(0))).toEqual({ text: '' });
});

describe('what is not UTF-8 is named by what it looks like, with the line', () => {
  const swapped = (text: string) => Buffer.from(text, 'utf16le').swap16();
  test.each<[string, Buffer, number, RegExp]>([
    ['UTF-16 of Windows', Buffer.from(`${bom}select 1;`, 'utf16le'), 1, /UTF-16LE\. Save it as UTF-8/],
    ['UTF-16 without a mark', Buffer.from('select 1;\n', 'utf16le'), 1, /UTF-16LE/],
    ['UTF-16 the other way round', swapped(`${bom}select 1;`), 1, /UTF-16BE/],
    ['the same without a mark', swapped('select 1;\n'), 1, /UTF-16BE/],
    [
      'Windows-1252',
      Buffer.concat([latin1("select 1;\r\nselect '"), Buffer.of(0x80), latin1("';")]),
      2,
      /Windows-1252\./,
    ],
    ['Latin-1, which Windows-1252 contains', latin1("select 'Zürich';"), 1, /Windows-1252 or Latin-1/],
    [
      'a DOS code page',
      Buffer.concat([latin1("select 'Z"), Buffer.of(0x81), latin1("rich';")]),
      1,
      /DOS code page/,
    ],
    ['a NUL byte', Buffer.from("select 1;\n\nselect '\0';"), 3, /NUL byte/],
    ['an archive of pg_dump', latin1('PGDMP\x01\x0e\x00'), 1, /archive.*without -Fc/],
    ['a gzip file', Buffer.of(0x1f, 0x8b, 8, 0), 1, /gzip/],
    ['UTF-8 that was cut off', Buffer.from("select 'ü").subarray(0, -1), 1, /not UTF-8/],
    ['surrogates in UTF-8', Buffer.of(0x27, 0xed, 0xa0, 0x80, 0x27), 1, /not UTF-8/],
  ])('%s', (_what, bytes, line, words) => {
    expect(decodeSql(bytes)).toEqual({ line, problem: textLike(words) });
  });
});

test('the file and the line are told at the start of a process', () => {
  const folder = folderWith({ '1.sql': 'select 1;', '2.sql': latin1('select 1;\n-- Größe\n') });
  expect(() => readTemplateFiles(folder)).toThrow(ConfigurationError);
  expect(() => readTemplateFiles(folder)).toThrow(
    /^no template can be read there: 2\.sql, line 2: it is not UTF-8: it looks like Windows-1252 or Latin-1\. Save it as UTF-8\.$/,
  );
});

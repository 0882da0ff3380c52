/** Bytes of a file as text: UTF-8, with or without a byte order mark. Pure. */
import { isUtf8 } from 'node:buffer';

export type Decoded =
  | { readonly text: string }
  /** `line` is from 1; 0 where a file has no lines. */
  | { readonly problem: string; readonly line: number };

const saveAsUtf8 = 'Save it as UTF-8.';

export function decodeSql(bytes: Uint8Array): Decoded {
  const marked = byMark(bytes);
  if (marked !== undefined) return { problem: marked, line: 1 };
  const text = startsWith(bytes, 0xef, 0xbb, 0xbf) ? bytes.subarray(3) : bytes;
  const zero = text.indexOf(0);
  if (zero !== -1) return { problem: withZeros(text, zero), line: lineOf(text, zero) };
  if (!isUtf8(text)) {
    const { line, number } = firstBadLine(text);
    return { problem: `not UTF-8: it looks like ${guessCodePage(line)}. ${saveAsUtf8}`, line: number };
  }
  return { text: new TextDecoder().decode(text) };
}

const archives: readonly (readonly [string, number[]])[] = [
  [
    'a pg_dump archive, which only pg_restore reads. Write a plain one: pg_dump without -Fc',
    [0x50, 0x47, 0x44, 0x4d, 0x50],
  ],
  ['a gzip file. Unpack it', [0x1f, 0x8b]],
  ['a zip file. Unpack it', [0x50, 0x4b, 0x03, 0x04]],
  ['UTF-32. Save it as UTF-8', [0xff, 0xfe, 0, 0]],
  ['UTF-16LE. Save it as UTF-8', [0xff, 0xfe]],
  ['UTF-16BE. Save it as UTF-8', [0xfe, 0xff]],
];

/** Files that tell by their first bytes that they are something else. */
function byMark(bytes: Uint8Array): string | undefined {
  const found = archives.find(([, mark]) => startsWith(bytes, ...mark));
  return found && `${found[0]}.`;
}

function startsWith(bytes: Uint8Array, ...mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte);
}

/** UTF-16 without a mark has a zero beside every plain letter. */
function withZeros(bytes: Uint8Array, zero: number): string {
  const sample = bytes.subarray(0, 200);
  const zeros = sample.filter((byte) => byte === 0).length;
  if (zeros * 3 < sample.length)
    return 'no text: it holds a NUL byte, which PostgreSQL does not take. Remove it.';
  return `UTF-16${zero % 2 === 1 ? 'LE' : 'BE'}. ${saveAsUtf8}`;
}

function lineOf(bytes: Uint8Array, offset: number): number {
  return bytes.subarray(0, offset).filter((byte) => byte === 0x0a).length + 1;
}

/** A line break is never part of a longer character. */
function firstBadLine(bytes: Uint8Array): { line: Uint8Array; number: number } {
  let number = 1;
  for (let start = 0; start < bytes.length; number += 1) {
    const found = bytes.indexOf(0x0a, start);
    const end = found === -1 ? bytes.length : found;
    const line = bytes.subarray(start, end);
    if (!isUtf8(line)) return { line, number };
    start = end + 1;
  }
  return { line: bytes, number: 1 };
}

/** Bytes that Windows-1252 leaves undefined: DOS code pages have letters there. */
const undefinedInWindows = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);

function guessCodePage(line: Uint8Array): string {
  if (line.some((byte) => undefinedInWindows.has(byte))) return 'a DOS code page, such as 850';
  return line.some((byte) => byte >= 0x80 && byte < 0xa0) ? 'Windows-1252' : 'Windows-1252 or Latin-1';
}

/**
 * PostgreSQL 17's own grammar, as WASM.
 *
 * Loaded when a template is read, not when a process starts: most processes read none.
 */
import type { Node } from 'libpg-query';
import { z } from 'zod';

export interface ParsedStatement {
  readonly node: Node;
  /** Where its text begins and ends, in characters of JavaScript. */
  readonly start: number;
  readonly end: number;
}

export interface SyntaxFlaw {
  readonly message: string;
  /** In characters of JavaScript, from 0. Undefined: the grammar does not say where. */
  readonly offset: number | undefined;
}

export interface Grammar {
  /** Almost always one statement, none where there are only comments. */
  parse(sql: string): readonly ParsedStatement[] | SyntaxFlaw;
}

/** The tree inside is as the package's types describe it: the same package has made both from PostgreSQL's headers. */
const answer = z.object({
  stmts: z.array(
    z.object({
      stmt: z.custom<Node>((value) => typeof value === 'object' && value !== null),
      stmt_location: z.number().default(0),
      stmt_len: z.number().optional(),
    }),
  ),
});

const errorFacts = z.object({ sqlDetails: z.object({ message: z.string(), cursorPosition: z.number() }) });

export async function loadGrammar(): Promise<Grammar> {
  const { loadModule, parseSync } = await import('libpg-query');
  await loadModule();
  return {
    parse(sql) {
      try {
        return answer.parse(parseSync(sql)).stmts.map(({ stmt, stmt_location: at, stmt_len: length }) => ({
          node: stmt,
          start: fromBytes(sql, at),
          end: length === undefined ? sql.length : fromBytes(sql, at + length),
        }));
      } catch (error) {
        return flawOf(sql, error);
      }
    },
  };
}

/** The grammar counts bytes of UTF-8. */
function fromBytes(sql: string, bytes: number): number {
  return bytes === 0 ? 0 : Buffer.from(sql).subarray(0, bytes).toString().length;
}

function flawOf(sql: string, error: unknown): SyntaxFlaw {
  const facts = errorFacts.safeParse(error);
  // SQL that nests thousands deep exhausts the parser's memory, or the stack.
  if (!facts.success) return { message: 'it nests too deeply to be read', offset: undefined };
  const { message, cursorPosition } = facts.data.sqlDetails;
  return { message: shorten(message), offset: fromCodePoints(sql, cursorPosition) };
}

/** An error's place is counted in characters of Unicode. */
function fromCodePoints(sql: string, count: number): number {
  let at = 0;
  for (let passed = 0; passed < count && at < sql.length; passed += 1)
    at += (sql.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}

const longestMessage = 120;

/** A quote that is never closed is quoted to the end of the file. */
function shorten(message: string): string {
  const line = message.replaceAll(/\s+/g, ' ');
  return line.length > longestMessage ? `${line.slice(0, longestMessage)}…` : line;
}

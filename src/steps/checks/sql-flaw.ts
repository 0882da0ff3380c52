/**
 * What can be seen to be wrong with SQL without a database: quotes and comments that are never closed, and commands of
 * psql, such as the `\restrict` of a pg_dump. Pure.
 *
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */

export interface SqlFlaw {
  readonly what: string;
  /** 1-based, in characters, as PostgreSQL counts. */
  readonly position: number;
}

const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const dollarQuote = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const escapeString = /[eE]'/y;

/** The first flaw. Undefined: none that can be seen. */
export function findFlaw(sql: string): SqlFlaw | undefined {
  for (let at = 0; at < sql.length;) {
    const token = readToken(sql, at);
    if (token.end === undefined)
      return { what: token.flaw, position: Array.from(sql.slice(0, at)).length + 1 };
    at = token.end;
  }
  return undefined;
}

interface Token {
  /** Undefined: it has none. */
  readonly end: number | undefined;
  readonly flaw: string;
}

function readToken(sql: string, at: number): Token {
  const pair = sql.slice(at, at + 2);
  const flaw = 'a quote that is never closed';
  if (pair === '--') return { end: after(sql, '\n', at) ?? sql.length, flaw };
  if (pair === '/*') return { end: endOfComment(sql, at), flaw: 'a comment that is never closed' };
  if (matchAt(escapeString, sql, at) !== undefined) return { end: endOfQuoted(sql, at + 1, true), flaw };
  if (pair.startsWith("'") || pair.startsWith('"')) return { end: endOfQuoted(sql, at, false), flaw };
  if (pair.startsWith('\\'))
    return { end: undefined, flaw: 'a command of psql, which PostgreSQL does not know' };
  const dollar = matchAt(dollarQuote, sql, at);
  if (dollar !== undefined) return { end: after(sql, dollar, at + dollar.length), flaw };
  return { end: at + (matchAt(word, sql, at)?.length ?? 1), flaw };
}

function matchAt(sticky: RegExp, sql: string, at: number): string | undefined {
  sticky.lastIndex = at;
  return sticky.exec(sql)?.[0];
}

function after(sql: string, text: string, from: number): number | undefined {
  const found = sql.indexOf(text, from);
  return found === -1 ? undefined : found + text.length;
}

/** A doubled quote stands for one; a backslash escapes only in strings that say so. */
function endOfQuoted(sql: string, start: number, hasEscapes: boolean): number | undefined {
  const quote = sql[start];
  for (let at = start + 1; at < sql.length; at += 1) {
    if (hasEscapes && sql[at] === '\\') at += 1;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  return undefined;
}

/** Comments nest. */
function endOfComment(sql: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < sql.length;) {
    const pair = sql.slice(at, at + 2);
    if (pair === '/*') depth += 1;
    if (pair === '*/') depth -= 1;
    at += pair === '/*' || pair === '*/' ? 2 : 1;
    if (depth === 0) return at;
  }
  return undefined;
}

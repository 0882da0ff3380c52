/**
 * Takes a script apart as psql does: into statements, psql's own commands, and the rows of `COPY … FROM stdin`. Pure.
 *
 * PostgreSQL's grammar knows neither of the last two. So this reader knows quotes, comments and parentheses, and the
 * grammar is asked about every statement that it finds.
 *
 * https://www.postgresql.org/docs/17/sql-syntax-lexical.html and psql's own reader, src/fe_utils/psqlscan.l
 */
import { endOfComment, endOfDollarQuote, endOfEscapeString, endOfQuoted } from './quotes.ts';

/** Offsets into the text, as JavaScript counts. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface ScriptStatement extends Span {
  /** Where the statement's own text begins: after the space and the comments that `start` includes. */
  readonly first: number;
  /** Where it ends: before the space and the comments that `end` includes. */
  readonly last: number;
  /** The rows that follow a `COPY … FROM stdin`, without their last line `\.`. Undefined: the statement takes none. */
  readonly rows: CopyRows | undefined;
}

export interface CopyRows extends Span {
  /** False: the file ends without a line `\.`. */
  readonly isClosed: boolean;
  /** Something stands between the semicolon and the end of its line. */
  readonly isCrowded: boolean;
}

export interface PsqlCommand extends Span {
  /** Begins a statement of its own: no SQL stands before it that has no semicolon yet. */
  readonly isAlone: boolean;
}

export interface Script {
  readonly statements: readonly ScriptStatement[];
  readonly commands: readonly PsqlCommand[];
  readonly comments: readonly Span[];
  /** The text after the last statement or command: space, comments. */
  readonly tail: Span;
  /** Where a comment begins that is never closed: all that follows is part of it. */
  readonly openComment: number | undefined;
}

const token =
  /--[^\n\r]*|\/\*|['"]|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|\$\d+|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|[;()\\]/g;
const space = /[ \t\n\r\f\v]+/y;

/** Nothing is refused here: a quote that is never closed reaches to the end, for the grammar to complain about. */
export function splitScript(text: string): Script {
  const statements: ScriptStatement[] = [];
  const commands: PsqlCommand[] = [];
  let start = 0;
  let words = newStatement();
  const comments: Span[] = [];
  /** The comments at the end of what was read, with the space between them. */
  let trailing: Span | undefined;
  let openComment: number | undefined;

  /** Space and comments reach from here to there. */
  const isBlank = (from: number, to: number) => skipBlank(text, from, to) === to;

  const readComment = (from: number, to: number): number => {
    comments.push({ start: from, end: to });
    trailing = { start: trailing && isBlank(trailing.end, from) ? trailing.start : from, end: to };
    return to;
  };

  const endStatement = (end: number): CopyRows | undefined => {
    const first = skipBlank(text, start, end);
    const rows = words.takesRows && text[end] === ';' ? readRows(text, end + 1) : undefined;
    const last = trailing && isBlank(trailing.end, end) ? trailing.start : end;
    if (first < end) statements.push({ start, end, first, last, rows });
    trailing = undefined;
    start = Math.min(rows === undefined ? end + 1 : afterRows(text, rows), text.length);
    words = newStatement();
    return rows;
  };

  for (let at = 0; at < text.length;) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (found === null) break;
    const [word] = found;
    const end = found.index + word.length;
    at = end;
    if (word === ';') {
      if (words.isOpen) continue;
      endStatement(found.index);
      at = Math.max(end, start);
    } else if (word === '\\') {
      const isAlone = isBlank(start, found.index);
      at = endOfLine(text, end);
      commands.push({ start: found.index, end: at, isAlone });
      start = at;
      words = newStatement();
    } else if (word === '(') words.open();
    else if (word === ')') words.close();
    else if (word === '/*') {
      const close = endOfComment(text, found.index);
      if (close === undefined) openComment = found.index;
      at = readComment(found.index, close ?? text.length);
    } else if (word === "'" || word === '"') at = endOfQuoted(text, found.index);
    else if (word.startsWith('$')) at = /\d$/.test(word) ? end : endOfDollarQuote(text, found.index, word);
    else if (word.startsWith('--')) readComment(found.index, end);
    else if (/^e$/i.test(word) && text[end] === "'") at = endOfEscapeString(text, end);
    else words.read(word, text[found.index - 1] === '.');
  }
  const end = text.length;
  if (skipBlank(text, start, end) < end) endStatement(end);
  return { statements, commands, comments, tail: { start, end }, openComment };
}

/** Follows one statement: is it inside parentheses or `BEGIN ATOMIC … END`, and does it take rows? */
function newStatement() {
  let first: string | undefined;
  let previous = '';
  let parentheses = 0;
  /** `begin atomic` and each `case` in it wait for an `end`. */
  let ends = 0;
  return {
    takesRows: false,
    get isOpen() {
      return parentheses > 0 || ends > 0;
    },
    open() {
      parentheses += 1;
    },
    close() {
      parentheses = Math.max(0, parentheses - 1);
    },
    read(word: string, followsDot: boolean) {
      first ??= word.toLowerCase();
      if ((first !== 'copy' && first !== 'create') || parentheses > 0) return;
      const lower = word.toLowerCase();
      if (first === 'copy') this.takesRows ||= previous === 'from' && /^std(in|out)$/.test(lower);
      else if (ends === 0) ends = previous === 'begin' && lower === 'atomic' ? 1 : 0;
      else if (lower === 'case') ends += 1;
      else if (lower === 'end' && !followsDot) ends -= 1;
      previous = lower;
    },
  };
}

/** Passes over space and comments, not further than `end`. */
export function skipBlank(text: string, start: number, end: number): number {
  for (let at = start; at < end;) {
    space.lastIndex = at;
    const blank = space.exec(text);
    if (blank !== null) at += blank[0].length;
    else if (text.startsWith('--', at)) at = endOfLine(text, at);
    else if (text.startsWith('/*', at)) at = endOfComment(text, at) ?? text.length;
    else return Math.min(at, end);
  }
  return end;
}

function endOfLine(text: string, start: number): number {
  const at = text.indexOf('\n', start);
  return at === -1 ? text.length : at;
}

/** psql takes the lines after the one with the semicolon. */
function readRows(text: string, afterSemicolon: number): CopyRows {
  const lineEnd = endOfLine(text, afterSemicolon);
  const isCrowded = skipBlank(text, afterSemicolon, lineEnd) < lineEnd;
  const start = Math.min(lineEnd + 1, text.length);
  for (let at = text.indexOf('\n\\.', lineEnd); at !== -1; at = text.indexOf('\n\\.', at + 1))
    if (/^\r?(?:\n|$)/.test(text.slice(at + 3, at + 5)))
      return { start, end: at + 1, isClosed: true, isCrowded };
  return { start, end: text.length, isClosed: false, isCrowded };
}

function afterRows(text: string, rows: CopyRows): number {
  return rows.isClosed ? endOfLine(text, rows.end) : rows.end;
}

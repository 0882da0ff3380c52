/**
 * Finds the end of what PostgreSQL quotes or comments out. Pure.
 *
 * Each is told where it begins, and answers the offset after its end, or the length of a text that has no end to it.
 *
 * https://www.postgresql.org/docs/17/sql-syntax-lexical.html
 */

/** A string or a quoted name: a doubled quote stands for one. */
export function endOfQuoted(text: string, start: number): number {
  const quote = text[start] ?? "'";
  for (let at = start + 1; ;) {
    const found = text.indexOf(quote, at);
    if (found === -1) return text.length;
    if (text[found + 1] !== quote) return found + 1;
    at = found + 2;
  }
}

const escapeOrQuote = /\\|'/g;
/** A string goes on behind a line break: `E'a'` and `'b'` on the next line are one. */
const continuation = /(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'/y;

/** A string whose backslashes escape. `start` is its quote, behind the E. */
export function endOfEscapeString(text: string, start: number): number {
  for (let at = start + 1; ;) {
    escapeOrQuote.lastIndex = at;
    const found = escapeOrQuote.exec(text);
    if (found === null) return text.length;
    at = found.index + 1;
    if (found[0] === '\\' || text[at] === "'") at += 1;
    else {
      continuation.lastIndex = at;
      const next = continuation.exec(text);
      if (next === null) return at;
      at += next[0].length;
    }
  }
}

export function endOfDollarQuote(text: string, start: number, tag: string): number {
  const found = text.indexOf(tag, start + tag.length);
  return found === -1 ? text.length : found + tag.length;
}

const commentBorder = /\/\*|\*\//g;

/** Comments nest. Undefined: it has no end, and reaches to that of the text. */
export function endOfComment(text: string, start: number): number | undefined {
  commentBorder.lastIndex = start;
  for (let depth = 0; ;) {
    const found = commentBorder.exec(text);
    if (found === null) return undefined;
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return commentBorder.lastIndex;
  }
}

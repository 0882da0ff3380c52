/** Takes one file apart into its statements, and finds what keeps it from being applied. Pure. */
import type { Flaw } from './flaws.ts';
import type { Grammar, ParsedStatement } from './grammar.ts';
import { placesIn, type Place } from './places.ts';
import { refusePsqlCommand, type RefusedCommand } from './psql-commands.ts';
import type { TextFile } from './read-files.ts';
import { refuseSections } from './migration-sections.ts';
import { refuseStatement } from './refused-statements.ts';
import {
  skipBlank,
  splitScript,
  type CopyRows,
  type PsqlCommand,
  type ScriptStatement,
  type Span,
} from './split-script.ts';
import type { TemplateStatement } from './template.ts';
import { toleranceOf } from './tolerance.ts';

/** One at a time, so that whoever asks can do something else in between. */
export type ScriptPart = { readonly statement: TemplateStatement } | { readonly flaw: Flaw };

export function* readScript({ name, text }: TextFile, grammar: Grammar): Generator<ScriptPart> {
  const { statements, commands, openComment } = splitScript(text);
  const placeOf = placesIn(text);
  const isPlain = /^[\0-\x7f]*$/.test(text);
  const flaw = (offset: number, refusal: RefusedCommand): ScriptPart => ({
    flaw: { file: name, place: placeOf(offset), ...refusal },
  });

  const sections = refuseSections(text, statements);
  if (sections !== undefined) yield flaw(sections.offset, sections);
  if (openComment !== undefined)
    yield flaw(openComment, { what: 'a comment that is never closed', fix: 'Close it with */.' });
  for (const command of commands) {
    const refusal = refuseCommand(text, command);
    if (refusal !== undefined) yield flaw(command.start, refusal);
  }
  for (const found of statements) {
    const rowFlaw = found.rows && refuseRows(found.rows);
    if (rowFlaw !== undefined) yield flaw(found.first, rowFlaw);
    const sql = text.slice(found.first, found.last);
    const parsed = parse(sql, grammar);
    if ('message' in parsed) {
      yield flaw(found.first + (parsed.offset ?? 0), { what: parsed.message, fix: fixIt });
      continue;
    }
    for (const one of parsed) {
      const refusal = refuseStatement(one.node, isPlain);
      const first = found.first + skipBlank(sql, one.start, one.end);
      yield refusal === undefined
        ? { statement: describe(text, found, one, first, placeOf(first)) }
        : flaw(first, refusal);
    }
  }
}

/**
 * This build of the grammar takes comments for words, and stumbles over one between two strings that PostgreSQL joins:
 * `'a' -- why` and `'b'` on the next line.
 */
function parse(sql: string, grammar: Grammar): ReturnType<Grammar['parse']> {
  const parsed = grammar.parse(sql);
  if (!('message' in parsed)) return parsed;
  const { comments } = splitScript(sql);
  const again = comments.length === 0 ? parsed : grammar.parse(blankOut(sql, comments));
  return 'message' in again ? parsed : again;
}

/** Puts spaces there, so that everything else stays in its place. */
function blankOut(sql: string, spans: readonly Span[]): string {
  let blanked = '';
  let at = 0;
  for (const { start, end } of spans) {
    blanked += sql.slice(at, start) + sql.slice(start, end).replaceAll(/[^\n\r]/g, ' ');
    at = end;
  }
  return blanked + sql.slice(at);
}

const fixIt = 'Fix the file: PostgreSQL does not read it.';

function refuseCommand(text: string, { start, end, isAlone }: PsqlCommand): RefusedCommand | undefined {
  return refusePsqlCommand(text.slice(start, end), isAlone);
}

function refuseRows({ isClosed, isCrowded }: CopyRows): RefusedCommand | undefined {
  if (isCrowded)
    return {
      what: 'something follows COPY … FROM stdin; on its line',
      fix: 'Begin the rows on the next line, and end them with a line that is \\.',
    };
  if (isClosed) return undefined;
  return {
    what: 'the rows of this COPY never end',
    fix: 'Put a line that is \\. behind them: the file may have been cut off.',
  };
}

function describe(
  text: string,
  found: ScriptStatement,
  { node, end }: ParsedStatement,
  first: number,
  { line, column }: Place,
): TemplateStatement {
  return {
    sql: text.slice(first, found.first + end).trimEnd(),
    line,
    column,
    copyData: found.rows && text.slice(found.rows.start, found.rows.end),
    tolerance: toleranceOf(node),
  };
}

/** The error of a statement, in words that let the author of the template fix it. Pure. */
import { StepFailure } from '../../errors.ts';
import type { SqlError } from '../../providers/postgres-errors.ts';
import type { Origin } from './commands.ts';

/** An error of a statement, over either transport. */
export type StatedError = Pick<SqlError, 'code' | 'message' | 'detail' | 'hint' | 'where'>;

/** `offset`: where in the statement's own text, from 0. Undefined: PostgreSQL does not say. */
export function templateFailure(
  { file, statement }: Origin,
  error: StatedError,
  offset: number | undefined,
  cause: unknown,
): StepFailure {
  const row = statement.copyData === undefined ? undefined : copyRow(error.where);
  const place = describePlace(statement, offset) + (row === undefined ? '' : `, row ${row} of its data`);
  return schemaInvalid(`${file}, ${place}`, error, cause, ` in "${quoteStatement(statement.sql)}"`);
}

/** The error came when the last statement was through: from a constraint that was deferred, or from our own records. */
export function endFailure(error: StatedError, cause: unknown): StepFailure {
  return schemaInvalid('the template', error, cause);
}

function schemaInvalid(where: string, error: StatedError, cause: unknown, statement = ''): StepFailure {
  const { code, message } = error;
  const extras = [
    ...extra('DETAIL', isDataRow(error.detail) ? undefined : error.detail),
    ...extra('HINT', error.hint),
    ...(code === '57014' ? [' It ran for longer than PROVIDER_TIMEOUT_MS.'] : []),
  ];
  const text = `${where}: ${cut(flat(message), 500)} (SQLSTATE ${code})${statement}`;
  return new StepFailure('schema-invalid', text + (extras.length === 0 ? '' : `.${extras.join('')}`), {
    cause,
  });
}

function extra(label: string, text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : [` ${label}: ${cut(flat(text), 300)}`];
}

/** PostgreSQL quotes the whole row: data of clients, perhaps. */
function isDataRow(detail: string | undefined): boolean {
  return detail?.startsWith('Failing row contains') ?? false;
}

/** `COPY tags, line 3, column id: "abc"` */
function copyRow(where: string | undefined): string | undefined {
  return /^COPY .*?, line (\d+)/m.exec(where ?? '')?.[1];
}

function describePlace(
  { sql, line, column }: { sql: string; line: number; column: number },
  offset: number | undefined,
): string {
  if (offset === undefined) return `line ${line}`;
  const lines = sql.slice(0, offset).split('\n');
  const before = Array.from(lines.at(-1) ?? '').length;
  const isFirst = lines.length === 1;
  const place = `line ${line + lines.length - 1}, column ${(isFirst ? column : 1) + before}`;
  return isFirst ? place : `${place} of the statement that begins in line ${line}`;
}

/** Its first words. Constants are left out: a template may hold secrets of the operator. */
export function quoteStatement(sql: string): string {
  const words = sql
    .replaceAll(/--[^\n]*/g, ' ')
    .replaceAll(/(\$\w*\$)[^]*?(?:\1|$)/g, '$$…$$')
    .replaceAll(/'(?:[^']|'')*'?/g, "'…'");
  return cut(flat(words), 80);
}

function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function cut(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

import pg from 'pg';
import { projectSql } from './project-sql.ts';

/** A query as the API takes it. */
export interface SqlQuery {
  query: string;
  parameters?: unknown[] | undefined;
  read_only?: boolean | undefined;
}

/** Rows, or the message of the failure. */
export type SqlOutcome = { rows: unknown[] } | { message: string };

/** The line that an error points at, as psql shows it: `LINE 2: …` and a caret below. */
function pointer(query: string, position: number): string {
  const before = query.slice(0, position - 1);
  const lineNumber = before.split('\n').length;
  const column = before.length - (before.lastIndexOf('\n') + 1);
  const label = `LINE ${lineNumber}: `;
  return `${label}${query.split('\n')[lineNumber - 1] ?? ''}\n${' '.repeat(label.length + column)}^`;
}

/** The message of a failed query in the API's form. */
export function describeSqlError(error: unknown, query: string): string {
  if (!(error instanceof pg.DatabaseError)) {
    return `Failed to run sql query: ${error instanceof Error ? error.message : String(error)}`;
  }
  const { severity, code, message, position, detail, hint, internalQuery, where } = error;
  return [
    `Failed to run sql query: ${severity ?? 'ERROR'}:  ${code ?? 'XX000'}: ${message}`,
    ...(position === undefined ? [] : [pointer(query, Number(position))]),
    ...(detail === undefined ? [] : [`DETAIL:  ${detail}`]),
    ...(hint === undefined ? [] : [`HINT:  ${hint}`]),
    ...(internalQuery === undefined ? [] : [`QUERY:  ${internalQuery}`]),
    ...(where === undefined ? [] : [`CONTEXT:  ${where}`]),
    '',
  ].join('\n');
}

/** Of several statements, the last one that gave rows. */
function lastRows(
  result: pg.QueryResult<Record<string, unknown>> | pg.QueryResult<Record<string, unknown>>[],
): unknown[] {
  const results = Array.isArray(result) ? result : [result];
  return results.findLast(({ rows }) => rows.length > 0)?.rows ?? [];
}

/** Runs SQL in a project's database on a connection of its own. */
export async function runSql(
  connection: pg.ClientConfig & { database: string },
  sql: SqlQuery,
): Promise<SqlOutcome> {
  const fitted = projectSql(sql.query, connection.database);
  const client = new pg.Client({ ...connection, statement_timeout: 58_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    if (sql.read_only === true) await client.query('set default_transaction_read_only = on');
    return { rows: lastRows(await client.query<Record<string, unknown>>(fitted.sql, sql.parameters)) };
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.position !== undefined)
      error.position = String(fitted.originOf(Number(error.position)));
    return { message: describeSqlError(error, sql.query) };
  } finally {
    await client.end().catch(() => {});
  }
}

/** The statements of a template as commands for a project's database. Pure. */
import type { Template, TemplateFile, TemplateStatement } from '../../schema/template.ts';
import { literal, quoted } from './literals.ts';
import { noteFunction } from './notes-sql.ts';

/** One statement to run, and where in the template it comes from. Undefined: it is ours. */
export interface Command {
  readonly sql: string;
  readonly copyData?: string | undefined;
  readonly origin?: Origin | undefined;
}

export interface Origin {
  readonly file: string;
  readonly statement: TemplateStatement;
}

/** A command of ours. */
export function ours(sql: string): Command {
  return { sql };
}

/** The commands of one file, in order. */
export function commandsOf(file: TemplateFile): Command[] {
  return file.statements.flatMap((statement) => {
    const command = {
      sql: tolerant(file.name, statement),
      copyData: statement.copyData,
      origin: { file: file.name, statement },
    };
    // Files are read as UTF-8 and sent so, whatever they tell the server about their own encoding.
    return namesEncoding.test(statement.sql) ? [command, ours(`set client_encoding = 'UTF8'`)] : [command];
  });
}

const namesEncoding = /client_encoding|\bset\s+(?:local\s+|session\s+)?names\b/i;

/** A statement whose refusal is no error runs by itself, so that it alone is undone. */
function tolerant(file: string, { sql, line, tolerance }: TemplateStatement): string {
  const { kind } = tolerance;
  if (kind === 'apply') return sql;
  const execute = `execute ${quoted(sql)};`;
  if (kind === 'skip-if-there')
    return block(
      `if not exists (select from pg_catalog.pg_namespace where nspname = ${literal(tolerance.schema)}) ` +
        `then ${execute} end if;`,
    );
  const states = tolerance.sqlStates.map((state) => `sqlstate ${literal(state)}`).join(' or ');
  const note = `perform ${noteFunction}(${literal(`${file}, line ${line}: ${tolerance.reason}`)});`;
  return block(`${execute} exception when ${states} then ${note}`);
}

function block(body: string): string {
  return `do ${quoted(`begin ${body} end`)}`;
}

/** True where refusals are noted. */
export function hasTolerated({ files }: Template): boolean {
  return files.some(({ statements }) => statements.some(({ tolerance }) => tolerance.kind === 'may-fail'));
}

/** The first file with rows for a COPY, which only a session can take. */
export function findCopy(template: Template): Origin | undefined {
  for (const file of template.files)
    for (const statement of file.statements)
      if (statement.copyData !== undefined) return { file: file.name, statement };
  return undefined;
}

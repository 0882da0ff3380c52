/** Tells which of psql's own commands a template may hold, and what to do about the others. Pure. */

export interface RefusedCommand {
  readonly what: string;
  readonly fix: string;
}

const fixes: readonly { readonly commands: string; readonly fix: string }[] = [
  {
    commands: 'i ir include include_relative',
    fix: 'Put the SQL of that file in its place, or let SCHEMA_PATH be a folder with both files',
  },
  { commands: 'set unset gset prompt getenv', fix: 'Remove the line, and write values where they are used' },
  { commands: 'copy', fix: 'Use COPY … FROM stdin with the rows behind it, or INSERT' },
  {
    commands: 'g gx gexec gdesc crosstabview watch bind parse sendpipeline',
    fix: 'End the statement with a semicolon; use a DO block with EXECUTE for statements that a query makes',
  },
  { commands: 'if elif else endif', fix: 'Keep only the lines that are meant for a client' },
  {
    commands: 'c connect',
    fix: 'A project has one database, postgres: remove the line, and what is for another',
  },
];
const otherwise = 'Remove the line: only psql knows it';

/** The database of a Supabase project. */
const database = /^"?postgres"?$/;

/** Undefined: pg_dump writes it and it changes nothing. `text` begins with the backslash. */
export function refusePsqlCommand(text: string, isAlone: boolean): RefusedCommand | undefined {
  const [command = '', ...values] = text.slice(1).trim().split(/\s+/);
  if (isAlone && isHarmless(command, values)) return undefined;
  const named = /^[\w!?.;]+/.exec(command)?.[0] ?? '';
  const fix = fixes.find(({ commands }) => commands.split(' ').includes(named))?.fix ?? otherwise;
  return { what: `\\${named} is a command of psql, which PostgreSQL does not know`, fix: `${fix}.` };
}

function isHarmless(command: string, values: readonly string[]): boolean {
  // Security fix of August 2025 (CVE-2025-8714): pg_dump brackets its output with these two.
  if (command === 'restrict' || command === 'unrestrict' || command === '.') return true;
  if (command !== 'connect' && command !== 'c') return false;
  const [name = '-', ...others] = values;
  return (name === '-' || database.test(name)) && others.every((value) => value === '-');
}

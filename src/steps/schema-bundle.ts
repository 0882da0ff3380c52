/** The template schema as text: its files, their checksum, and where in them an error is. */
import { readTemplateFiles } from '../schema/read-files.ts';

export interface SchemaFile {
  readonly name: string;
  readonly sql: string;
}

export interface SchemaBundle {
  readonly files: readonly SchemaFile[];
  readonly checksum: string;
}

/** Throws a ConfigurationError. */
export function readSchemaBundle(path: string): SchemaBundle {
  const { files, checksum } = readTemplateFiles(path);
  return { files: files.map(({ name, text }) => ({ name, sql: text })), checksum };
}

/** Turns an error's position (1-based, in characters, as PostgreSQL counts) into `line 3, column 7`. */
export function describePosition(sql: string, position: number): string {
  const before = Array.from(sql)
    .slice(0, Math.max(0, position - 1))
    .join('');
  const lines = before.split('\n');
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}

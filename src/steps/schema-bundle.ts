/** The template schema: SQL files, their checksum, and where in them an error is. Pure but for reading the files. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigurationError } from '../errors.ts';

export interface SchemaFile {
  readonly name: string;
  readonly sql: string;
}

export interface SchemaBundle {
  readonly files: readonly SchemaFile[];
  readonly checksum: string;
}

/** Reads an `.sql` file, or the `*.sql` of a folder in byte order of their names. Throws a ConfigurationError. */
export function readSchemaBundle(path: string): SchemaBundle {
  try {
    const files = statSync(path).isDirectory()
      ? readdirSync(path)
          .filter((name) => name.endsWith('.sql'))
          .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
          .map((name) => ({ name, sql: readFileSync(join(path, name), 'utf8') }))
      : [{ name: basename(path), sql: readFileSync(path, 'utf8') }];
    if (files.every(({ sql }) => sql.trim() === '')) throw new Error('there is no SQL in it');
    return { files, checksum: checksumOf(files) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`no template can be read there: ${reason}`, { cause: error });
  }
}

function checksumOf(files: readonly SchemaFile[]): string {
  const hash = createHash('sha256');
  for (const { name, sql } of files) hash.update(`${name}\0${Buffer.byteLength(sql)}\0${sql}`);
  return hash.digest('hex');
}

/** Turns an error's position (1-based, in characters, as PostgreSQL counts) into `line 3, column 7`. */
export function describePosition(sql: string, position: number): string {
  const before = Array.from(sql)
    .slice(0, Math.max(0, position - 1))
    .join('');
  const lines = before.split('\n');
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}

/** TEMPORARY */
export function readTemplate(path: string): import('../schema/template.ts').Template {
  const bundle = readSchemaBundle(path);
  return {
    checksum: bundle.checksum,
    leftOut: [],
    migrations: [],
    files: bundle.files.map(({ name, sql }) => ({
      name,
      statements: [{ sql, line: 1, column: 1, copyData: undefined, tolerance: { kind: 'apply' } }],
    })),
  };
}

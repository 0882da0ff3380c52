/** Where the template schema comes from: SCHEMA_PATH, the example, or a copy of that with an error at its end. */
import { cp, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigurationError } from '../src/errors.ts';

const sample = path.resolve(import.meta.dirname, '../examples/template-schema');
const brokenFile = '999_broken.sql';

export interface SchemaFolder {
  readonly path: string;
  /** Not the user's own. */
  readonly isSample: boolean;
  /** Takes the error out. */
  fix(): Promise<void>;
}

/** Throws a ConfigurationError when there is nothing at `schemaPath`. */
export async function prepareSchema(options: {
  readonly dataDir: string;
  /** SCHEMA_PATH. Undefined: the sample. */
  readonly schemaPath: string | undefined;
  /** Goes to the end of the sample. */
  readonly brokenSql: string | undefined;
}): Promise<SchemaFolder> {
  const { dataDir, schemaPath, brokenSql } = options;
  const copy = path.join(dataDir, 'schema');
  await rm(copy, { recursive: true, force: true });
  if (schemaPath !== undefined) {
    if (brokenSql !== undefined)
      throw new ConfigurationError(
        '--fail-at database-schema breaks a copy of the sample. Run it without SCHEMA_PATH.',
      );
    return { path: await existing(schemaPath), isSample: false, fix: async () => {} };
  }
  if (brokenSql === undefined) return { path: sample, isSample: true, fix: async () => {} };
  await cp(sample, copy, { recursive: true });
  await writeFile(path.join(copy, brokenFile), brokenSql);
  return {
    path: copy,
    isSample: true,
    fix: () => rm(path.join(copy, brokenFile), { force: true }),
  };
}

async function existing(schemaPath: string): Promise<string> {
  const absolute = path.resolve(schemaPath);
  try {
    await stat(absolute);
    return absolute;
  } catch (error) {
    throw new ConfigurationError(
      `SCHEMA_PATH: there is nothing at ${absolute}. Name the folder or the file of your template schema, ` +
        'or leave SCHEMA_PATH out for the sample.',
      { cause: error },
    );
  }
}

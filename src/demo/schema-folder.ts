/** Where the template schema comes from: the example, or a copy of it with an error at its end. */
import { cp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

const templateSchema = path.resolve(import.meta.dirname, '../../examples/template-schema');
const brokenFile = '999_broken.sql';

export interface SchemaFolder {
  readonly path: string;
  /** Takes the error out. */
  mend(): Promise<void>;
}

export async function prepareSchema(dataDir: string, brokenSql: string | undefined): Promise<SchemaFolder> {
  const copy = path.join(dataDir, 'schema');
  await rm(copy, { recursive: true, force: true });
  if (brokenSql === undefined) return { path: templateSchema, mend: async () => {} };
  await cp(templateSchema, copy, { recursive: true });
  await writeFile(path.join(copy, brokenFile), brokenSql);
  return { path: copy, mend: () => rm(path.join(copy, brokenFile), { force: true }) };
}

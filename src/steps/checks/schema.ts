/** Whether the template schema is there, and is SQL as far as that can be said without a database. */
import { fails, holds, type Check, type ReadOnly } from '../check.ts';
import { describePosition, readSchemaBundle } from '../schema-bundle.ts';
import { findFlaw } from './sql-flaw.ts';

interface Providers {
  readonly settings: { readonly SCHEMA_PATH: string };
}

export const schemaChecks: readonly Check<ReadOnly<Providers>>[] = [
  {
    provider: 'schema',
    name: 'template',
    async look({ settings }) {
      const { files, checksum } = readSchemaBundle(settings.SCHEMA_PATH);
      for (const { name, sql } of files) {
        const flaw = findFlaw(sql);
        if (flaw !== undefined)
          return fails(
            `${name}, ${describePosition(sql, flaw.position)}: ${flaw.what}`,
            'Mend the file: the schema could not be applied to any project.',
          );
      }
      return holds(`${files.length} SQL files, checksum ${checksum.slice(0, 12)}`);
    },
  },
];

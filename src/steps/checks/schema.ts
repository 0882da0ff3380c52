/** Whether the template schema is there, and is SQL as far as that can be said without a database. */
import { readSchemaBundle } from '../schema-bundle.ts';
import { holds, type Check, type ReadOnly } from '../check.ts';

interface Providers {
  readonly settings: { readonly SCHEMA_PATH: string };
}

export const schemaChecks: readonly Check<ReadOnly<Providers>>[] = [
  {
    provider: 'schema',
    name: 'template',
    async look({ settings }) {
      const { files, checksum } = readSchemaBundle(settings.SCHEMA_PATH);
      return holds(`${files.length} SQL files, checksum ${checksum.slice(0, 12)}`);
    },
  },
];

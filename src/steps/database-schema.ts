/** Step 2: the template schema in the new project's database, in one transaction, with row-level security verified. */
import { z } from 'zod';
import { StepFailure } from '../errors.ts';
import { supabaseClient } from '../providers/supabase.ts';
import { readTemplateFiles } from '../schema/read-files.ts';
import { schemaChecks } from './checks/schema.ts';
import { databaseAddress, databaseEnvironment, databaseTls, requireAuthority } from './project-database.ts';
import { readSchemaBundle } from './schema-bundle.ts';
import { poolerTransport, queryTransport, type SchemaTransport } from './schema-transport.ts';
import { defineStep, type CallLimits, type ResourceContext } from './step.ts';
import { supabaseProject } from './supabase-project.ts';

const environment = databaseEnvironment.extend({
  // Read at the start as well: a template that is not there should not be found out by a client's second step.
  SCHEMA_PATH: z.string().superRefine((path, context) => {
    try {
      readTemplateFiles(path);
    } catch (error) {
      context.addIssue(error instanceof Error ? error.message : 'cannot be read');
    }
  }),
  SUPABASE_MANAGEMENT_TOKEN: supabaseProject.environment.shape.SUPABASE_MANAGEMENT_TOKEN,
  SUPABASE_ORG_ID: supabaseProject.environment.shape.SUPABASE_ORG_ID,
  SUPABASE_API_URL: supabaseProject.environment.shape.SUPABASE_API_URL,
});

const output = z.object({ schemaChecksum: z.string(), schemaTables: z.number() });

function connect(settings: z.infer<typeof environment>, limits: CallLimits) {
  return { settings, limits };
}
type Providers = ReturnType<typeof connect>;

async function openTransport(context: ResourceContext<Providers>): Promise<SchemaTransport> {
  const { settings, limits } = context.providers;
  const project = await context.outputOf(supabaseProject);
  if (settings.SCHEMA_TRANSPORT === 'postgres') {
    const password = await context.secrets.read('database-password');
    return poolerTransport(databaseAddress(project, password, settings), databaseTls(settings), limits);
  }
  const supabase = supabaseClient({
    apiUrl: settings.SUPABASE_API_URL,
    token: settings.SUPABASE_MANAGEMENT_TOKEN,
    organizationSlug: settings.SUPABASE_ORG_ID,
    ...limits,
  });
  return queryTransport(supabase, project.supabaseProjectRef);
}

export const databaseSchema = defineStep({
  name: 'database-schema',
  title: 'Database schema',
  environment: environment.superRefine(requireAuthority, { when: () => true }),
  output,
  result: [],
  checks: schemaChecks,
  connect,

  async run(context) {
    const bundle = readSchemaBundle(context.providers.settings.SCHEMA_PATH);
    const transport = await openTransport(context);
    const applied = await context.change({
      name: 'apply template schema',
      target: 'public',
      async look() {
        const checksum = await transport.readApplied();
        return checksum === undefined ? undefined : { schemaChecksum: checksum };
      },
      async send(permit) {
        await transport.apply(permit, bundle, context.client.id);
        return { schemaChecksum: bundle.checksum };
      },
    });

    const { tables, missing, unsecured } = await transport.verify();
    if (tables === 0) throw new StepFailure('schema-invalid', 'the template schema makes no table in public');
    if (missing.length > 0)
      throw new StepFailure('verification-failed', `tables of the template are gone: ${missing.join(', ')}`);
    if (unsecured.length > 0)
      throw new StepFailure(
        'verification-failed',
        `row-level security is off on ${unsecured.map((name) => `public.${name}`).join(', ')}: ` +
          'add "alter table … enable row level security" to the template',
      );
    return { schemaChecksum: applied.schemaChecksum ?? bundle.checksum, schemaTables: tables };
  },

  // The schema lives in the project's database and goes with the project, which step 1 deletes.
  undo: async () => {},
});

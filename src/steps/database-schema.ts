/** Step 2: the template schema in the new project's database, in one transaction, with row-level security verified. */
import { z } from 'zod';
import { StepFailure } from '../errors.ts';
import { supabaseClient } from '../providers/supabase.ts';
import { readTemplateFiles } from '../schema/read-files.ts';
import { readTemplate } from '../schema/read-template.ts';
import { schemaChecks } from './checks/schema.ts';
import { databaseAddress, databaseEnvironment, databaseTls, requireAuthority } from './project-database.ts';
import { findFailure, findWarnings } from './schema/findings.ts';
import { poolerTransport } from './schema/pooler.ts';
import { queryTransport } from './schema/query-endpoint.ts';
import type { SchemaTransport } from './schema/transport.ts';
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
  SCHEMA_API_GRANTS: z.enum(['warn', 'fail', 'legacy']).default('warn'),
  SCHEMA_RLS: z.enum(['fail', 'warn']).default('fail'),
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
    const { settings } = context.providers;
    const template = await readTemplate(settings.SCHEMA_PATH);
    const transport = await openTransport(context);
    const provisioningId = context.client.provisioningId;
    const policy = { grants: settings.SCHEMA_API_GRANTS, rls: settings.SCHEMA_RLS };
    await context.change({
      name: 'apply template schema',
      target: 'public',
      async look() {
        const marker = await transport.readApplied(provisioningId);
        return marker === undefined ? undefined : { schemaChecksum: marker.checksum };
      },
      async send(permit) {
        await transport.apply(permit, { template, provisioningId, policy });
        return { schemaChecksum: template.checksum };
      },
    });

    // Judged before the commit; and now again, for what has happened since.
    const marker = await transport.readApplied(provisioningId);
    if (marker === undefined)
      throw new StepFailure('verification-failed', 'the record of the template is gone from the project');
    const findings = await transport.readFindings(marker);
    const failure = findFailure(findings, policy);
    if (failure !== undefined) throw failure;
    for (const { code, message } of findWarnings(findings, marker.notes)) context.warn(code, message);
    return { schemaChecksum: marker.checksum, schemaTables: findings.tables };
  },

  // The schema lives in the project's database and goes with the project, which step 1 deletes.
  undo: async () => {},
});

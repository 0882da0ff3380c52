/** Fresh projects of a sandbox, and both ways to each of their databases. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { Permit } from '../../../src/http/permit.ts';
import { supabaseClient } from '../../../src/providers/supabase.ts';
import type { Template } from '../../../src/schema/template.ts';
import type { SchemaPolicy } from '../../../src/steps/schema/findings.ts';
import { poolerTransport } from '../../../src/steps/schema/pooler.ts';
import { queryTransport } from '../../../src/steps/schema/query-endpoint.ts';
import type { SchemaTransport } from '../../../src/steps/schema/transport.ts';
import { field, healthyProject, openSandbox, type TestSandbox } from '../../sandbox/support.ts';

export type Way = 'postgres' | 'http';

export interface TestProject {
  readonly id: string;
  readonly ref: string;
  readonly transport: SchemaTransport;
  /** Applies it as the step does; resolves with what it throws. */
  apply(template: Template, policy?: Partial<SchemaPolicy>): Promise<unknown>;
  /** As a superuser, from outside. */
  query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]>;
}

export interface Projects {
  readonly sandbox: TestSandbox;
  open(way: Way, timeoutMs?: number): Promise<TestProject>;
  stop(): Promise<void>;
}

export async function openProjects(): Promise<Projects> {
  const sandbox = await openSandbox();
  const { signal } = new AbortController();
  return {
    sandbox,
    async open(way, timeoutMs = 20_000) {
      const ref = await healthyProject(sandbox, `client-${randomUUID().slice(0, 8)}-prod`);
      const found = await sandbox.supabase(`GET /v1/projects/${ref}/config/database/pooler`);
      const [pooler] = found.body as { db_host: string; db_user: string; db_name: string }[];
      if (pooler === undefined) throw new Error(`no pooler for ${field(found, 'message')}`);
      const limits = { timeoutMs, signal };
      const transport =
        way === 'postgres'
          ? poolerTransport(
              {
                host: pooler.db_host,
                port: Number(sandbox.variable('SUPABASE_DB_SESSION_PORT')),
                user: pooler.db_user,
                database: pooler.db_name,
                password: 'a-long-password',
              },
              { mode: 'disable', ca: undefined },
              limits,
            )
          : queryTransport(
              supabaseClient({
                apiUrl: sandbox.urls.supabase,
                token: sandbox.variable('SUPABASE_MANAGEMENT_TOKEN'),
                organizationSlug: sandbox.variable('SUPABASE_ORG_ID'),
                ...limits,
              }),
              ref,
            );
      const id = randomUUID();
      return {
        id,
        ref,
        transport,
        apply: (template, policy = {}) =>
          transport
            .apply(Permit.grant({ ...limits, mayStart: () => true }), {
              template,
              provisioningId: id,
              policy: { grants: 'warn', rls: 'fail', ...policy },
            })
            .catch((error: unknown) => error),
        async query<Row extends pg.QueryResultRow>(sql: string) {
          const project = sandbox.control.objects().find(({ id: object }) => object === ref);
          const url = new URL(inject('postgresUrl'));
          url.pathname = `/${String(project?.details['database'])}`;
          const client = new pg.Client({ connectionString: url.href });
          await client.connect();
          try {
            return (await client.query<Row>(sql)).rows;
          } finally {
            await client.end();
          }
        },
      };
    },
    stop: () => sandbox.stop(),
  };
}

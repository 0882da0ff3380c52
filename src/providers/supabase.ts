/**
 * Supabase Management API.
 *
 * Reference: https://supabase.com/docs/reference/api/introduction. Not documented there and relied on here: a create
 * answers with status `UNKNOWN`; a removed project answers 400 "Resource has been removed"; the keys endpoint may
 * refuse for minutes after a project is healthy.
 */
import { z } from 'zod';
import { ProviderError } from '../errors.ts';
import { isHostName } from '../http/host-names.ts';
import { providerHttp } from '../http/request.ts';
import { parseJson } from '../http/json.ts';
import { readAllPages } from '../http/pages.ts';
import type { Permit } from '../http/permit.ts';

export interface SupabaseConnection {
  readonly apiUrl: string;
  readonly token: string;
  readonly organizationSlug: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const projectSchema = z.object({
  ref: z.string().regex(/^[a-z0-9]{10,40}$/),
  name: z.string(),
  status: z.string(),
  created_at: z.coerce.date(),
});
export type SupabaseProject = z.infer<typeof projectSchema>;

const listedProjectSchema = z.object({
  ref: z.string(),
  name: z.string(),
  status: z.string(),
  inserted_at: z.coerce.date(),
});

const projectPageSchema = z.object({
  projects: z.array(listedProjectSchema),
  pagination: z.object({ count: z.number() }),
});

const listOperation = 'GET /v1/organizations/{slug}/projects';

const organizationSchema = z.object({ plan: z.string().max(50).optional().catch(undefined) });

/** A region with a status takes no new project at present. */
const regionsSchema = z.object({
  all: z.object({
    smartGroup: z.array(z.object({ code: z.string() })),
    specific: z.array(z.object({ code: z.string(), status: z.string().nullish() })),
  }),
});
export type SupabaseRegions = z.infer<typeof regionsSchema>['all'];

const healthSchema = z.array(z.object({ name: z.string(), status: z.string() }));

const apiKeySchema = z.object({
  name: z.string(),
  type: z.string().nullish(),
  api_key: z.string().nullish(),
});
export type SupabaseApiKey = z.infer<typeof apiKeySchema>;

/** Goes into the first packet to the database, where a NUL would begin another parameter. */
const startupText = z.string().regex(/^[^\p{Cc}]{1,200}$/u);

const poolerSchema = z.array(
  z.object({
    database_type: z.string(),
    // Else a path would be taken for that of a socket.
    db_host: z.string().refine(isHostName),
    db_user: startupText,
    db_name: startupText,
  }),
);
export type SupabasePooler = z.infer<typeof poolerSchema>[number];

/** Where a new project is placed: a region code, or a group from which Supabase chooses. */
export type RegionSelection =
  | { readonly type: 'specific'; readonly code: string }
  | { readonly type: 'smartGroup'; readonly code: string };

export type SupabaseClient = ReturnType<typeof supabaseClient>;

/** Supabase's API: a mutating verb sends one request, and every verb throws a ProviderError for everything but a readable success. */
export function supabaseClient(connection: SupabaseConnection) {
  const http = providerHttp({
    provider: 'supabase',
    baseUrl: connection.apiUrl,
    headers: { authorization: `Bearer ${connection.token}` },
    timeoutMs: connection.timeoutMs,
    signal: connection.signal,
  });
  const slug = connection.organizationSlug;

  return {
    /** https://supabase.com/docs/reference/api/v1-get-an-organization. Proves that the token reads the organization. */
    async readOrganization(): Promise<z.infer<typeof organizationSchema>> {
      const operation = 'GET /v1/organizations/{slug}';
      return (await http.read(operation, { params: { slug }, schema: organizationSchema })).data;
    },

    /** https://supabase.com/docs/reference/api/v1-list-all-organizations. None, for a token of a single project. */
    async listOrganizationSlugs(): Promise<string[]> {
      const schema = z.array(z.object({ slug: z.string() }));
      const { data } = await http.read('GET /v1/organizations', { schema });
      return data.map((organization) => organization.slug);
    },

    /** https://supabase.com/docs/reference/api/v1-get-available-regions */
    async listRegions(): Promise<SupabaseRegions> {
      const { data } = await http.read('GET /v1/projects/available-regions', {
        query: { organization_slug: slug },
        schema: regionsSchema,
      });
      return data.all;
    },

    /** https://supabase.com/docs/reference/api/v1-get-all-projects-for-organization. All pages. */
    async listProjects(search?: string): Promise<{ projects: SupabaseProject[]; at: Date | undefined }> {
      let at: Date | undefined;
      const keyOf = ({ ref }: { ref: string }) => ref;
      const list = { provider: 'supabase', operation: listOperation, keyOf };
      const listed = await readAllPages(list, async (offset: number = 0) => {
        const page = await http.read(listOperation, {
          params: { slug },
          query: { search, limit: '100', offset: String(offset) },
          schema: projectPageSchema,
        });
        at ??= page.at;
        const { projects, pagination } = page.data;
        const isLast = projects.length === 0 || offset + 100 >= pagination.count;
        return { items: projects, next: isLast ? undefined : offset + 100 };
      });
      const present = listed.filter(({ status }) => status !== 'REMOVED');
      return { projects: present.map((project) => ({ ...project, created_at: project.inserted_at })), at };
    },

    /** The same, exact names only. */
    async findProjectsByName(name: string): Promise<{ projects: SupabaseProject[]; at: Date | undefined }> {
      const { projects, at } = await this.listProjects(name);
      return { projects: projects.filter((project) => project.name === name), at };
    },

    /** https://supabase.com/docs/reference/api/v1-get-project. `undefined`: the API says that it is not there. */
    async findProject(ref: string): Promise<SupabaseProject | undefined> {
      const answer = await http.readIfThere('GET /v1/projects/{ref}', {
        params: { ref },
        schema: projectSchema,
        isAbsent: ({ status, body }) =>
          (status === 404 && messageOf(body) !== undefined) ||
          (status === 400 && /has been removed/i.test(messageOf(body) ?? '')),
      });
      return answer?.data.status === 'REMOVED' ? undefined : answer?.data;
    },

    /** https://supabase.com/docs/reference/api/v1-create-a-project. The password is never given back by any call. */
    async createProject(
      permit: Permit,
      order: {
        name: string;
        databasePassword: string;
        region: RegionSelection;
        instanceSize: string | undefined;
      },
    ): Promise<SupabaseProject> {
      const answer = await http.mutate(permit, 'POST /v1/projects', {
        body: {
          name: order.name,
          organization_slug: slug,
          db_pass: order.databasePassword,
          region_selection: order.region,
          ...(order.instanceSize === undefined ? {} : { desired_instance_size: order.instanceSize }),
        },
        schema: projectSchema,
      });
      return answer.data;
    },

    /** https://supabase.com/docs/reference/api/v1-delete-a-project */
    async deleteProject(permit: Permit, ref: string): Promise<void> {
      await http.mutate(permit, 'DELETE /v1/projects/{ref}', { params: { ref }, schema: z.unknown() });
    },

    /** https://supabase.com/docs/reference/api/v1-get-services-health. Services that are not healthy, by name. */
    async listUnhealthyServices(ref: string): Promise<string[]> {
      const answer = await http.read('GET /v1/projects/{ref}/health', {
        params: { ref },
        query: { services: 'db,auth,rest,storage,pooler', timeout_ms: '5000' },
        schema: healthSchema,
      });
      return answer.data.filter(({ status }) => status !== 'ACTIVE_HEALTHY').map(({ name }) => name);
    },

    /** https://supabase.com/docs/reference/api/v1-get-project-api-keys, secret ones in the clear. */
    async listApiKeys(ref: string): Promise<SupabaseApiKey[]> {
      const answer = await http.read('GET /v1/projects/{ref}/api-keys', {
        params: { ref },
        query: { reveal: 'true' },
        schema: z.array(apiKeySchema),
      });
      return answer.data;
    },

    /** https://supabase.com/docs/reference/api/v1-get-pooler-config. The host is per project and cannot be composed. */
    async readPooler(ref: string): Promise<SupabasePooler | undefined> {
      const answer = await http.read('GET /v1/projects/{ref}/config/database/pooler', {
        params: { ref },
        schema: poolerSchema,
      });
      return answer.data.find(({ database_type }) => database_type === 'PRIMARY');
    },

    /** https://supabase.com/docs/reference/api/v1-run-a-query. Several statements run in the order they stand. */
    async query(permit: Permit, ref: string, sql: string): Promise<void> {
      await http.mutate(permit, 'POST /v1/projects/{ref}/database/query', {
        params: { ref },
        body: { query: sql },
        schema: z.array(z.unknown()),
      });
    },

    /** The same as a read: Supabase runs it as a role that cannot write. */
    async queryReadOnly<Row>(ref: string, sql: string, row: z.ZodType<Row>): Promise<Row[]> {
      const answer = await http.read('POST /v1/projects/{ref}/database/query', {
        params: { ref },
        body: { query: sql, read_only: true },
        schema: z.array(row),
      });
      return answer.data;
    },
  };
}

const missingPermissionsSchema = z.object({
  missing_permissions: z.array(z.string().regex(/^\w{1,100}$/)).max(50),
});

/** The permissions that a refusal names as missing, by their identifiers: those of a scoped access token. */
export function missingPermissions(error: unknown): string[] {
  if (!(error instanceof ProviderError) || error.status !== 403) return [];
  return missingPermissionsSchema.safeParse(parseJson(error.providerText)).data?.missing_permissions ?? [];
}

/** The permission to read secret keys in the clear, as the dashboard offers it: "API Key Secrets". */
export const revealPermission = 'api_gateway_keys_secret_read';

/** True where a key is shown with most of it replaced by middle dots. */
export function isMasked(key: SupabaseApiKey): boolean {
  return key.api_key?.includes('\u00b7') === true;
}

const messageSchema = z.object({ message: z.union([z.string(), z.array(z.string()).transform(String)]) });

/** The text of a Supabase error body. */
export function messageOf(body: unknown): string | undefined {
  return messageSchema.safeParse(body).data?.message;
}

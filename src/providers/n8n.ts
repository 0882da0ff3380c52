/**
 * n8n public API, version 1, and the webhooks that it serves.
 *
 * Reference: https://docs.n8n.io/api/api-reference/. Not documented there and relied on here: a starting server
 * answers every URL with 200 and a text; a published workflow cannot be deleted; publishing returns before the
 * webhook is registered.
 */
import { z } from 'zod';
import { ProviderError } from '../errors.ts';
import { exchange, providerHttp, refusalError, type Refusal } from '../http.ts';
import { readAllPages, withSmallerPages } from '../pages.ts';
import type { Permit } from '../permit.ts';

export interface N8nConnection {
  /** `https://host[:port][/path]`, without a trailing slash. */
  readonly host: string;
  readonly webhookHost: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const nodeSchema = z.object({
  id: z.string().optional(),
  type: z.string().optional(),
  parameters: z.object({ path: z.unknown().optional() }).optional(),
});

const workflowSchema = z.object({
  id: z.string(),
  name: z.string(),
  active: z.boolean(),
  isArchived: z.boolean().nullish(),
  createdAt: z.coerce.date().optional().catch(undefined),
  nodes: z.array(nodeSchema).default([]),
});
export type N8nWorkflow = z.infer<typeof workflowSchema>;

const pageSchema = z.object({ data: z.array(workflowSchema), nextCursor: z.string().nullish() });

/** What `POST /workflows` takes; any other field is refused. */
export interface NewWorkflow {
  readonly name: string;
  readonly nodes: readonly Record<string, unknown>[];
  readonly connections: Record<string, unknown>;
  readonly settings: Record<string, unknown>;
}

const discoverySchema = z.object({ data: z.object({ scopes: z.array(z.string()) }) });

export type WebhookState = 'registered' | 'unregistered';

export type N8nClient = ReturnType<typeof n8nClient>;

/** n8n's API: one request per verb, which throws a ProviderError for everything but a readable success. */
export function n8nClient(connection: N8nConnection) {
  const http = providerHttp({
    provider: 'n8n',
    baseUrl: `${connection.host}/api/v1`,
    headers: { 'x-n8n-api-key': connection.apiKey },
    timeoutMs: connection.timeoutMs,
    signal: connection.signal,
  });

  async function listAll(limit: number): Promise<{ workflows: N8nWorkflow[]; at: Date | undefined }> {
    const operation = 'GET /workflows';
    const seen = new Set<string>();
    let at: Date | undefined;
    const workflows = await readAllPages(
      { provider: 'n8n', operation },
      async (cursor: string | undefined) => {
        const page = await http.read(operation, {
          query: { limit: String(limit), excludePinnedData: 'true', cursor },
          schema: pageSchema,
        });
        at ??= page.at;
        const next = page.data.nextCursor ?? '';
        // A cursor that comes back is one that never ends.
        const isLast = next === '' || seen.has(next);
        seen.add(next);
        return { items: page.data.data, next: isLast ? undefined : next };
      },
    );
    return { workflows, at };
  }

  return {
    /**
     * https://docs.n8n.io/api/api-reference/#tag/workflow. All workflows, by all pages.
     *
     * No filter by name: a stranger's workflow can own our webhook path under any name, and the server's filter is a
     * `LIKE` with wildcards whose cursor forgets it.
     */
    async listWorkflows(): Promise<{ workflows: N8nWorkflow[]; at: Date | undefined }> {
      // Workflows can be large, and an answer may not be.
      return withSmallerPages(250, listAll);
    },

    /** Proves that the key may read workflows: what it does not find then is not there. */
    async readAccess(): Promise<void> {
      await http.read('GET /workflows', {
        query: { limit: '1', excludePinnedData: 'true' },
        schema: pageSchema,
      });
    },

    /**
     * Whose workflows the key sees, from how n8n answers for an id that no workflow has.
     *
     * The workflows of owners and admins are all there are: they get to the look itself, whose 404 says "Not Found". A
     * member is stopped by the check of its rights before, whose 404 names the id (n8n's `userHasScopes`).
     */
    async findOutSight(): Promise<'all' | 'some' | 'unknown'> {
      let said: string | undefined;
      await http.readIfThere('GET /workflows/{id}', {
        params: { id: 'nothing-has-this-id' },
        schema: workflowSchema,
        isAbsent: ({ status, body }) => {
          said = messageSchema.safeParse(body).data?.message;
          return status === 404 && said !== undefined;
        },
      });
      if (said === 'Not Found') return 'all';
      return said?.startsWith('Workflow with ID') === true ? 'some' : 'unknown';
    },

    /** What the key may do. `undefined`: a server of before 2026, which does not tell. */
    async findScopes(): Promise<string[] | undefined> {
      const answer = await http.readIfThere('GET /discover', {
        schema: discoverySchema,
        isAbsent: ({ status, body }) =>
          status === 404 && messageSchema.safeParse(body).data?.message === 'not found',
      });
      return answer?.data.data.scopes;
    },

    async findWorkflow(id: string): Promise<N8nWorkflow | undefined> {
      const answer = await http.readIfThere('GET /workflows/{id}', {
        params: { id },
        schema: workflowSchema,
        isAbsent: isNotFound,
      });
      return answer?.data;
    },

    async createWorkflow(permit: Permit, workflow: NewWorkflow): Promise<N8nWorkflow> {
      const answer = await http.mutate(permit, 'POST /workflows', { body: workflow, schema: workflowSchema });
      return answer.data;
    },

    /** Deletes for good. Refused with 409 while the workflow is published, and for moments after. */
    async deleteWorkflow(permit: Permit, id: string): Promise<void> {
      await http.mutate(permit, 'DELETE /workflows/{id}', { params: { id }, schema: z.object({}) });
    },

    /** `publish` since July 2026; older servers know only `activate`, and answer this route with 404 `not found`. */
    async publishWorkflow(permit: Permit, id: string, verb: ActivationVerb): Promise<void> {
      const route = verb === 'publish' ? 'POST /workflows/{id}/publish' : 'POST /workflows/{id}/activate';
      await http.mutate(permit, route, {
        params: { id },
        body: {},
        schema: z.object({ active: z.literal(true) }),
      });
    },

    async unpublishWorkflow(permit: Permit, id: string, verb: ActivationVerb): Promise<void> {
      const route = verb === 'publish' ? 'POST /workflows/{id}/unpublish' : 'POST /workflows/{id}/deactivate';
      await http.mutate(permit, route, {
        params: { id },
        body: {},
        schema: z.object({ active: z.literal(false) }),
      });
    },

    /**
     * Asks the webhook with GET, which it does not take: a registered one says so, and runs nothing.
     *
     * n8n's two answers are both 404 and differ in their text.
     */
    async readWebhook(path: string): Promise<WebhookState> {
      const operation = 'GET /webhook/{path}';
      const answer = await exchange({ ...connection, provider: 'n8n' }, operation, {
        url: webhookUrl(connection, path),
        method: 'GET',
        headers: { accept: 'application/json' },
      });
      if (answer.status === 404 && /Did you mean to make a POST request/i.test(answer.text))
        return 'registered';
      if (answer.status === 404 && /is not registered/i.test(answer.text)) return 'unregistered';
      throw refusalError('n8n', operation, answer);
    },

    webhookUrl: (path: string) => webhookUrl(connection, path),
  };
}

export type ActivationVerb = 'publish' | 'activate';

/** Whether a refusal means that this server does not know the route at all. */
export function isUnknownRoute(error: unknown): boolean {
  return (
    error instanceof ProviderError &&
    error.provider === 'n8n' &&
    error.status === 404 &&
    /"message"\s*:\s*"not found"/.test(error.providerText)
  );
}

function webhookUrl(connection: Pick<N8nConnection, 'webhookHost'>, path: string): string {
  return `${connection.webhookHost}/webhook/${path}`;
}

/** n8n's own 404. Anything else on that status, such as a proxy's page, proves nothing. */
function isNotFound({ status, body }: Refusal): boolean {
  return status === 404 && messageSchema.safeParse(body).success;
}

const messageSchema = z.object({ message: z.string() });

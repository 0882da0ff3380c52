/**
 * n8n public API, version 1, and the webhooks that it serves.
 *
 * Reference: https://docs.n8n.io/api/api-reference/. Not documented there and relied on here: a starting server
 * answers every URL with 200 and a text; a published workflow cannot be deleted; publishing returns before the
 * webhook is registered.
 */
import { z } from 'zod';
import { ProviderError } from '../errors.ts';
import { providerHttp, type ErrorAnswer } from '../http/request.ts';
import { parseJson } from '../http/json.ts';
import type { Permit } from '../http/permit.ts';
import { readWholeList, type Page, type Place } from './n8n-list.ts';
import { n8nWebhooks } from './n8n-webhook.ts';
import { workflowPage, workflowRow, type N8nWorkflow } from './n8n-workflow.ts';

export interface N8nConnection {
  /** `https://host[:port][/path]`, without a trailing slash. */
  readonly host: string;
  /** `https://host[:port][/path]/webhook`, without a trailing slash. */
  readonly webhookBase: string;
  readonly apiKey: string;
  /** `user:password` of a proxy in front of n8n. */
  readonly basicAuth: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The fields that `POST /workflows` takes; any other is refused. */
export interface NewWorkflow {
  readonly name: string;
  readonly nodes: readonly Record<string, unknown>[];
  readonly connections: Record<string, unknown>;
  readonly settings: Record<string, unknown>;
}

/** A page of the list that is larger is read in smaller ones. */
const pageBytes = 8 * 1024 * 1024;
/** n8n takes 16 MiB by default, and returns a published workflow twice: as draft and as published. */
const workflowBytes = 64 * 1024 * 1024;

const discoverySchema = z.object({ data: z.object({ scopes: z.array(z.string()) }) });
const createdSchema = z.object({ id: z.string().min(1), name: z.string() });
const stateSchema = z.object({
  active: z.boolean(),
  updatedAt: z.coerce.date().optional().catch(undefined),
});

/** A workflow of ours, as far as its publication goes. */
export interface N8nWorkflowState {
  readonly active: boolean;
  /** How long it has been as it is, by n8n's own clocks. Undefined: n8n does not say. */
  readonly unchangedMs: number | undefined;
}

export type N8nClient = ReturnType<typeof n8nClient>;

/** n8n's API: a mutating verb sends one request, and every verb throws a ProviderError for everything but a readable success. */
export function n8nClient(connection: N8nConnection) {
  const proxyHeaders =
    connection.basicAuth === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(connection.basicAuth).toString('base64')}` };
  const http = providerHttp({
    provider: 'n8n',
    baseUrl: `${connection.host}/api/v1`,
    headers: { 'x-n8n-api-key': connection.apiKey, ...proxyHeaders },
    timeoutMs: connection.timeoutMs,
    signal: connection.signal,
  });

  return {
    /**
     * https://docs.n8n.io/api/api-reference/#tag/workflow. All workflows, by all pages.
     *
     * No filter by name: a foreign workflow can own our webhook path under any name, and the server's filter is a
     * `LIKE` with wildcards whose cursor forgets it.
     */
    async listWorkflows(): Promise<{ workflows: N8nWorkflow[]; at: Date | undefined }> {
      let at: Date | undefined;
      const workflows = await readWholeList(async ({ limit, cursor }: Place): Promise<Page> => {
        const page = await http.read('GET /workflows', {
          query: { limit: String(limit), excludePinnedData: 'true', cursor },
          maxAnswerBytes: limit === 1 ? workflowBytes : pageBytes,
          schema: workflowPage,
        });
        at ??= page.at;
        return { workflows: page.data.data, nextCursor: page.data.nextCursor ?? undefined };
      });
      return { workflows, at };
    },

    /** Proves that the key may list workflows. Whose workflows it sees is for `findOutSight`. */
    async readAccess(): Promise<void> {
      // Nothing has that name: whatever the first workflow weighs, the answer is small.
      await http.read('GET /workflows', {
        query: { limit: '1', name: 'client-provisioner: none' },
        schema: z.object({ data: z.array(z.unknown()) }),
      });
    },

    /**
     * Finds out whose workflows the key sees, from how n8n answers for an id that no workflow has.
     *
     * Owners and admins see all workflows: their request reaches the look-up, whose 404 says "Not Found". A member is
     * stopped by the check of its rights before, whose 404 names the id (n8n's `userHasScopes`).
     */
    async findOutSight(): Promise<'all' | 'some' | 'unknown'> {
      let said: string | undefined;
      await http.readIfThere('GET /workflows/{id}', {
        params: { id: 'nothing-has-this-id' },
        schema: z.unknown(),
        isAbsent: ({ status, body }) => {
          said = messageSchema.safeParse(body).data?.message;
          return status === 404 && said !== undefined;
        },
      });
      if (said === 'Not Found') return 'all';
      return said?.startsWith('Workflow with ID') === true ? 'some' : 'unknown';
    },

    /** The scopes of the key. `undefined`: a server of before 2026, which does not tell. */
    async findScopes(): Promise<string[] | undefined> {
      const answer = await http.readIfThere('GET /discover', {
        schema: discoverySchema,
        isAbsent: ({ status, body }) =>
          status === 404 && messageSchema.safeParse(body).data?.message === 'not found',
      });
      return answer?.data.data.scopes;
    },

    /** One of ours, strictly read. */
    async findWorkflow(id: string): Promise<N8nWorkflowState | undefined> {
      const answer = await http.readIfThere('GET /workflows/{id}', {
        ...oneWorkflow(id),
        schema: stateSchema,
        isAbsent: isNotFound,
      });
      if (answer === undefined) return undefined;
      const { active, updatedAt } = answer.data;
      const isDated = updatedAt !== undefined && answer.at !== undefined;
      return { active, unchangedMs: isDated ? answer.at.getTime() - updatedAt.getTime() : undefined };
    },

    /** Anyone's workflow, read leniently. */
    async describeWorkflow(id: string): Promise<N8nWorkflow | undefined> {
      const answer = await http.readIfThere('GET /workflows/{id}', {
        ...oneWorkflow(id),
        schema: workflowRow,
        isAbsent: isNotFound,
      });
      return answer?.data;
    },

    async createWorkflow(permit: Permit, workflow: NewWorkflow): Promise<z.infer<typeof createdSchema>> {
      const answer = await http.mutate(permit, 'POST /workflows', { body: workflow, schema: createdSchema });
      return answer.data;
    },

    /** Deletes for good. Refused with 409 while the workflow is published, and for moments after. */
    async deleteWorkflow(permit: Permit, id: string): Promise<void> {
      await http.mutate(permit, 'DELETE /workflows/{id}', {
        params: { id },
        maxAnswerBytes: workflowBytes,
        schema: z.object({}),
      });
    },

    async publishWorkflow(permit: Permit, id: string, words: ActivationWords): Promise<void> {
      const route = words === 'publish' ? 'POST /workflows/{id}/publish' : 'POST /workflows/{id}/activate';
      await http.mutate(permit, route, {
        params: { id },
        body: {},
        maxAnswerBytes: workflowBytes,
        schema: z.object({ active: z.literal(true) }),
      });
    },

    async unpublishWorkflow(permit: Permit, id: string, words: ActivationWords): Promise<void> {
      const route =
        words === 'publish' ? 'POST /workflows/{id}/unpublish' : 'POST /workflows/{id}/deactivate';
      await http.mutate(permit, route, {
        params: { id },
        body: {},
        maxAnswerBytes: workflowBytes,
        schema: z.object({ active: z.literal(false) }),
      });
    },

    ...n8nWebhooks({
      webhookBase: connection.webhookBase,
      headers: proxyHeaders,
      timeoutMs: connection.timeoutMs,
      signal: connection.signal,
    }),
  };
}

function oneWorkflow(id: string) {
  return { params: { id }, query: { excludePinnedData: 'true' }, maxAnswerBytes: workflowBytes };
}

/** `publish` and `unpublish` since 2.33; `activate` and `deactivate` before, and still there. */
export type ActivationWords = 'publish' | 'activate';

/**
 * Makes a call in the words that the server knows: in `first`, or else in the others.
 *
 * The server's answer tells, not its version. The only place that knows which words there are.
 */
export async function inWordsOfServer(
  first: ActivationWords,
  attempt: (words: ActivationWords) => Promise<unknown>,
): Promise<void> {
  try {
    await attempt(first);
  } catch (error) {
    if (!isUnknownRoute(error)) throw error;
    await attempt(first === 'publish' ? 'activate' : 'publish');
  }
}

/**
 * True where a refusal means that this server does not know the route at all.
 *
 * 404 `not found` up to 1.122. From 1.123 to 2.32 it is 405, since a GET of that path reads a version.
 */
function isUnknownRoute(error: unknown): boolean {
  if (!(error instanceof ProviderError) || error.provider !== 'n8n') return false;
  const message = messageSchema.safeParse(parseJson(error.providerText)).data?.message;
  return (
    (error.status === 404 && message === 'not found') ||
    (error.status === 405 && message === 'POST method not allowed')
  );
}

/** n8n's own 404. Anything else on that status, such as a proxy's page, proves nothing. */
function isNotFound({ status, body }: ErrorAnswer): boolean {
  return status === 404 && messageSchema.safeParse(body).success;
}

const messageSchema = z.object({ message: z.string() });

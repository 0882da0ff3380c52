/**
 * Vercel REST API.
 *
 * Reference: https://vercel.com/docs/rest-api. Every call names the team: without it Vercel silently uses the
 * personal account.
 */
import { z } from 'zod';
import { ProviderError } from '../errors.ts';
import { providerHttp, type ErrorAnswer } from '../http/request.ts';
import { parseJson } from '../http/json.ts';
import { readAllPages, withSmallerPages } from '../http/pages.ts';
import type { Permit } from '../http/permit.ts';

export interface VercelConnection {
  readonly apiUrl: string;
  readonly token: string;
  /** A team's id (`team_…`) or its slug. */
  readonly teamId: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A team, or the user whose own account is used where no team is set. */
const accountSchema = z.object({
  /** The token sees only part of it: it was made for another scope, or the team wants a sign-in of its own. */
  limited: z.boolean().optional().catch(undefined),
  billing: z
    .object({ plan: z.string().max(50) })
    .optional()
    .catch(undefined),
  membership: z
    .object({ role: z.string().max(50) })
    .optional()
    .catch(undefined),
});
export type VercelAccount = z.infer<typeof accountSchema>;

const projectSchema = z.object({
  id: z.string(),
  name: z.string(),
  link: z.object({ type: z.string(), repoId: z.number().optional() }).nullish(),
  createdAt: z
    .number()
    .transform((ms) => new Date(ms))
    .optional()
    .catch(undefined),
});
export type VercelProject = z.infer<typeof projectSchema>;

const variableSchema = z.object({
  key: z.string(),
  type: z.string(),
  target: z.union([z.array(z.string()), z.string().transform((one) => [one])]).default([]),
  value: z.string().optional(),
});
export type VercelVariable = z.infer<typeof variableSchema>;

/** In a list a project has its variables with it; not documented is whether their values can be read there. */
const listedProjectSchema = projectSchema.extend({
  env: z.array(variableSchema).optional().catch(undefined),
});
export type ListedVercelProject = z.infer<typeof listedProjectSchema>;

const projectPageSchema = z.object({
  projects: z.array(listedProjectSchema),
  pagination: z.object({ next: z.union([z.string(), z.number()]).nullish() }),
});
const listOperation = 'GET /v10/projects';
const teamOperation = 'GET /v2/teams/{teamId}';

const deploymentSchema = z.object({
  id: z.string(),
  readyState: z.string(),
  aliasAssigned: z.union([z.boolean(), z.number()]).nullish(),
  /** Vercel's sentence about a state that is no success. */
  readyStateReason: z.string().optional().catch(undefined),
  /** Vercel's code for a build that failed. */
  errorCode: z.string().optional().catch(undefined),
  /** Not in Vercel's reference: why a deployment of a team is blocked. */
  seatBlock: z.object({ blockCode: z.string().optional() }).optional().catch(undefined),
  aliasError: z.unknown().optional(),
  alias: z.array(z.string()).optional(),
});
export type VercelDeployment = z.infer<typeof deploymentSchema>;

const namespaceSchema = z.object({
  slug: z.string(),
  requireReauth: z.boolean().optional().catch(undefined),
});
export type VercelGitNamespace = z.infer<typeof namespaceSchema>;

const listedDeploymentSchema = z.object({
  uid: z.string(),
  readyState: z.string().optional().catch(undefined),
  meta: z.record(z.string(), z.unknown()).optional(),
});

export interface NewVariable {
  readonly key: string;
  readonly value: string;
  readonly type: 'plain' | 'encrypted' | 'sensitive';
  readonly target: readonly ('production' | 'preview')[];
}

export type VercelClient = ReturnType<typeof vercelClient>;

/** Vercel's API: a mutating verb sends one request, and every verb throws a ProviderError for everything but a readable success. */
export function vercelClient(connection: VercelConnection) {
  const http = providerHttp({
    provider: 'vercel',
    baseUrl: connection.apiUrl,
    headers: { authorization: `Bearer ${connection.token}` },
    timeoutMs: connection.timeoutMs,
    signal: connection.signal,
    query: teamQuery(connection.teamId),
  });

  async function readAccount(): Promise<{ account: VercelAccount; isTeam: boolean; at: Date | undefined }> {
    const { teamId } = connection;
    if (teamId === undefined) {
      const schema = z.object({ user: accountSchema });
      const { data, at } = await http.read('GET /v2/user', { schema });
      return { account: data.user, isTeam: false, at };
    }
    const call = { params: { teamId }, schema: accountSchema };
    const { data, at } = await http.read(teamOperation, call);
    return { account: data, isTeam: true, at };
  }

  return {
    /** https://vercel.com/docs/rest-api/teams/get-a-team, or the user's own account where no team is set. */
    readAccount,

    /**
     * Vercel's clock, from a read that throws for a token that Vercel itself calls limited.
     *
     * A token that has lost its access to a team, by SAML say, still reads it, as `limited`.
     */
    async readAccess(): Promise<Date | undefined> {
      const { account, at } = await readAccount();
      if (account.limited === true)
        throw new ProviderError({
          provider: 'vercel',
          operation: teamOperation,
          outcome: 'not-made',
          status: 403,
          reason: 'shows the token only a part of the account',
        });
      return at;
    },

    /** https://vercel.com/docs/rest-api/projects/find-a-project-by-id-or-name */
    async findProject(idOrName: string): Promise<VercelProject | undefined> {
      const answer = await http.readIfThere('GET /v9/projects/{idOrName}', {
        params: { idOrName },
        schema: projectSchema,
        isAbsent: isNotFound,
      });
      return answer?.data;
    },

    /** https://vercel.com/docs/rest-api/projects/retrieve-a-list-of-projects. All pages, or those linked to a repository. */
    async listProjects(only: { readonly repositoryId?: number } = {}): Promise<ListedVercelProject[]> {
      const repoId = only.repositoryId?.toString();
      const list = {
        provider: 'vercel',
        operation: listOperation,
        keyOf: ({ id }: ListedVercelProject) => id,
      };
      // A project can be large here, with its variables and newest deployments.
      return withSmallerPages(50, (limit) =>
        readAllPages(list, async (from: string | undefined) => {
          const { data } = await http.read(listOperation, {
            query: { limit: String(limit), from, repoId },
            schema: projectPageSchema,
          });
          const next = data.pagination.next ?? undefined;
          const isLast = next === undefined || data.projects.length === 0;
          return { items: data.projects, next: isLast ? undefined : String(next) };
        }),
      );
    },

    /** https://vercel.com/docs/rest-api/projects/retrieve-the-environment-variables-of-a-project-by-id-or-name */
    async listVariables(projectId: string): Promise<VercelVariable[]> {
      const answer = await http.read('GET /v10/projects/{projectId}/env', {
        params: { projectId },
        schema: z.object({ envs: z.array(variableSchema) }),
      });
      return answer.data.envs;
    },

    /** https://vercel.com/docs/rest-api/projects/create-a-new-project, linked and with its variables in one call. */
    async createProject(
      permit: Permit,
      order: {
        name: string;
        repository: string;
        /** Undefined: Vercel finds out. */
        framework: string | undefined;
        /** Undefined: the repository's root. */
        rootDirectory: string | undefined;
        variables: readonly NewVariable[];
      },
    ): Promise<VercelProject> {
      const answer = await http.mutate(permit, 'POST /v11/projects', {
        body: {
          name: order.name,
          ...(order.framework === undefined ? {} : { framework: order.framework }),
          ...(order.rootDirectory === undefined ? {} : { rootDirectory: order.rootDirectory }),
          gitRepository: { type: 'github', repo: order.repository },
          environmentVariables: order.variables,
        },
        schema: projectSchema,
      });
      return answer.data;
    },

    /** https://vercel.com/docs/rest-api/projects/delete-a-project, with its deployments, variables and domains. */
    async deleteProject(permit: Permit, projectId: string): Promise<void> {
      await http.mutate(permit, 'DELETE /v9/projects/{projectId}', {
        params: { projectId },
        schema: z.unknown(),
      });
    },

    /** https://vercel.com/docs/rest-api/deployments/list-deployments. The id of the one that carries the mark. */
    async findDeployment(projectId: string, mark: string): Promise<string | undefined> {
      const operation = 'GET /v6/deployments';
      const list = { provider: 'vercel', operation, keyOf: ({ uid }: { uid: string }) => uid };
      const all = await readAllPages(list, async (until: string | undefined) => {
        const { data } = await http.read(operation, {
          query: { projectId, limit: '100', until },
          schema: z.object({
            deployments: z.array(listedDeploymentSchema),
            pagination: z.object({ next: z.union([z.number(), z.string()]).nullish() }).optional(),
          }),
        });
        const next = data.pagination?.next ?? undefined;
        const isLast = next === undefined || data.deployments.length === 0;
        return { items: data.deployments, next: isLast ? undefined : String(next) };
      });
      return all.find(({ meta }) => meta?.['provisioningMark'] === mark)?.uid;
    },

    /** The same list: the account's newest deployment, of whatever project. */
    async findNewestDeployment(): Promise<z.infer<typeof listedDeploymentSchema> | undefined> {
      const { data } = await http.read('GET /v6/deployments', {
        query: { limit: '1' },
        schema: z.object({ deployments: z.array(listedDeploymentSchema) }),
      });
      return data.deployments[0];
    },

    /**
     * https://vercel.com/docs/rest-api/integrations/list-git-namespaces-by-provider. The GitHub accounts and
     * organizations that the token's user has connected.
     */
    async listGithubNamespaces(): Promise<VercelGitNamespace[]> {
      const { data } = await http.read('GET /v1/integrations/git-namespaces', {
        query: { provider: 'github' },
        schema: z.array(namespaceSchema),
      });
      return data;
    },

    /** https://vercel.com/docs/rest-api/deployments/create-a-new-deployment. Linking alone builds nothing. */
    async createDeployment(
      permit: Permit,
      order: {
        projectId: string;
        name: string;
        repositoryId: number;
        branch: string;
        sha: string;
        mark: string;
      },
    ): Promise<string> {
      const answer = await http.mutate(permit, 'POST /v13/deployments', {
        query: { skipAutoDetectionConfirmation: '1' },
        body: {
          name: order.name,
          project: order.projectId,
          target: 'production',
          gitSource: { type: 'github', repoId: order.repositoryId, ref: order.branch, sha: order.sha },
          meta: { provisioningMark: order.mark },
        },
        schema: z.object({ id: z.string() }),
      });
      return answer.data.id;
    },

    /** https://vercel.com/docs/rest-api/deployments/get-a-deployment-by-id-or-url */
    async readDeployment(id: string): Promise<VercelDeployment> {
      const answer = await http.read('GET /v13/deployments/{id}', {
        params: { id },
        schema: deploymentSchema,
      });
      return answer.data;
    },
  };
}

/** Every endpoint takes either; a slug sent as `teamId` names no team. https://vercel.com/docs/rest-api#accessing-resources-owned-by-a-team */
function teamQuery(team: string | undefined): Readonly<Record<string, string | undefined>> {
  return team === undefined || team.startsWith('team_') ? { teamId: team } : { slug: team };
}

const errorSchema = z.object({ error: z.object({ code: z.string() }) });

function isNotFound({ status, body }: ErrorAnswer): boolean {
  return status === 404 && errorSchema.safeParse(body).success;
}

/** Vercel's error code in the text of a refusal. */
export function vercelErrorCode(providerText: string): string | undefined {
  return errorSchema.safeParse(parseJson(providerText)).data?.error.code;
}

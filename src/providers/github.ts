/**
 * GitHub REST API, through octokit with its own retries and throttling off: its retry plugin repeats a POST whose
 * answer was lost, which turns a success into "name already exists".
 *
 * Reference: https://docs.github.com/en/rest.
 */
import { Octokit } from 'octokit';
import { z } from 'zod';
import { ProviderError } from '../errors.ts';
import { answerTime, exchange, refusalError, unreadableError, type RawAnswer } from '../http/request.ts';
import { readAllPages, withSmallerPages } from '../http/pages.ts';
import { PermitRefused, type Permit } from '../http/permit.ts';

export interface GithubConnection {
  readonly apiUrl: string;
  readonly token: string;
  readonly organization: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const repositorySchema = z.object({
  id: z.number().int(),
  name: z.string(),
  full_name: z.string(),
  html_url: z.url(),
  description: z.string().nullish(),
  default_branch: z.string(),
  created_at: z.coerce.date(),
});
export type GithubRepository = z.infer<typeof repositorySchema>;

const organizationSchema = z.object({
  login: z.string(),
  total_private_repos: z.number().int().optional().catch(undefined),
  members_can_delete_repositories: z.boolean().optional().catch(undefined),
});

const membershipSchema = z.object({ state: z.string(), role: z.string() });
export type GithubMembership = z.infer<typeof membershipSchema>;

const templateSchema = z.object({
  is_template: z.boolean().default(false),
  default_branch: z.string(),
  permissions: z.object({ admin: z.boolean() }).optional().catch(undefined),
});
export type GithubTemplate = z.infer<typeof templateSchema>;

const installationSchema = z.object({
  app_slug: z.string(),
  repository_selection: z.string(),
  suspended_at: z.string().nullish(),
});
export type GithubInstallation = z.infer<typeof installationSchema>;

const branchSchema = z.object({ name: z.string(), commit: z.object({ sha: z.string() }) });

/** As a list shows it: without a default branch, say, where nothing was pushed yet. */
const listedRepositorySchema = repositorySchema
  .pick({
    id: true,
    name: true,
    html_url: true,
    description: true,
    created_at: true,
  })
  .extend({ visibility: z.string().optional().catch(undefined) });
export type ListedRepository = z.infer<typeof listedRepositorySchema>;

interface GithubAnswer {
  readonly status: number;
  readonly data: unknown;
  readonly headers: Headers;
  readonly at: Date | undefined;
  readonly hasNextPage: boolean;
}

export type GithubClient = ReturnType<typeof githubClient>;

/** GitHub's API: a mutating verb sends one request, and every verb throws a ProviderError for everything but a readable success. */
export function githubClient(connection: GithubConnection) {
  const owner = connection.organization;

  /** Sends one request. Statuses below 400 are answered as they are: no redirect is followed. */
  async function request(
    route: string,
    parameters: Record<string, unknown>,
    permit?: Permit,
  ): Promise<GithubAnswer> {
    const answers: RawAnswer[] = [];
    const octokit = new Octokit({
      auth: connection.token,
      baseUrl: connection.apiUrl,
      retry: { enabled: false },
      throttle: { enabled: false },
      log: { debug: silent, info: silent, warn: silent, error: silent },
      request: {
        fetch: async (
          url: string,
          init: { method: string; headers: Record<string, string>; body?: string },
        ) => {
          const answer = await exchange(
            { ...connection, provider: 'github' },
            route,
            { url, ...init },
            permit,
          );
          answers.push(answer);
          const hasNoBody = [204, 205, 304].includes(answer.status);
          return new Response(hasNoBody ? null : answer.text, answer);
        },
      },
    });
    try {
      const answer: { status: number; data: unknown } = await octokit.request(route, parameters);
      const headers = answers[0]?.headers ?? new Headers();
      const hasNextPage = (headers.get('link') ?? '').includes('rel="next"');
      if (isPartial(headers)) throw partialError(route, answer.status);
      return { ...answer, headers, at: answerTime(headers), hasNextPage };
    } catch (error) {
      if (error instanceof ProviderError) throw error;
      const [answer] = answers;
      if (answer !== undefined) throw refusalError('github', route, answer, secondaryLimitMs(answer));
      // Octokit wraps what the exchange has thrown.
      const cause = error instanceof Error ? error.cause : undefined;
      if (cause instanceof ProviderError || cause instanceof PermitRefused) throw cause;
      throw error;
    }
  }

  function parse<T>(route: string, schema: z.ZodType<T>, answer: GithubAnswer): T {
    const parsed = schema.safeParse(answer.data);
    if (answer.status >= 300 || !parsed.success) throw unreadableError('github', route, answer.status);
    return parsed.data;
  }

  async function listBranches(repository: { owner: string; repo: string }): Promise<{ name: string }[]> {
    const route = 'GET /repos/{owner}/{repo}/branches';
    const answer = await request(route, { ...repository, per_page: 1 });
    return parse(route, z.array(z.object({ name: z.string() })), answer);
  }

  return {
    /**
     * https://docs.github.com/en/rest/orgs/orgs#get-an-organization. Proves that the token reads the organization.
     *
     * `scopes` are the token's; undefined for a fine-grained one, whose permissions GitHub does not tell.
     * `mayMembersDelete` and `privateCount`, the number of private repositories there are, are told to owners only.
     */
    async readOrganization(): Promise<{
      scopes: string[] | undefined;
      mayMembersDelete: boolean | undefined;
      privateCount: number | undefined;
    }> {
      const route = 'GET /orgs/{org}';
      const answer = await request(route, { org: owner });
      const { members_can_delete_repositories, total_private_repos } = parse(
        route,
        organizationSchema,
        answer,
      );
      return {
        scopes: scopesIn(answer.headers),
        mayMembersDelete: members_can_delete_repositories,
        privateCount: total_private_repos,
      };
    },

    /**
     * https://docs.github.com/en/rest/orgs/members#get-an-organization-membership-for-the-authenticated-user
     *
     * `membership` is undefined for non-members, and where the token may not ask.
     */
    async findMembership(): Promise<{
      membership: GithubMembership | undefined;
      scopes: string[] | undefined;
    }> {
      const route = 'GET /user/memberships/orgs/{org}';
      try {
        const answer = await request(route, { org: owner });
        return { membership: parse(route, membershipSchema, answer), scopes: scopesIn(answer.headers) };
      } catch (error) {
        const isHidden = error instanceof ProviderError && (error.status === 403 || error.status === 404);
        // A limit of requests is a 403, too.
        if (!isHidden || error.retryAfterMs !== undefined) throw error;
        return { membership: undefined, scopes: (await this.readOrganization()).scopes };
      }
    },

    /**
     * https://docs.github.com/en/rest/orgs/orgs#list-app-installations-for-an-organization. All pages; for the
     * organization's owners only.
     */
    async findInstallation(appSlug: string): Promise<GithubInstallation | undefined> {
      const route = 'GET /orgs/{org}/installations';
      const schema = z.object({ installations: z.array(installationSchema) });
      const keyOf = ({ app_slug }: GithubInstallation) => app_slug;
      const list = { provider: 'github', operation: route, keyOf };
      const installations = await readAllPages(list, async (page: number = 1) => {
        const answer = await request(route, { org: owner, per_page: 100, page });
        const items = parse(route, schema, answer).installations;
        return { items, next: answer.hasNextPage ? page + 1 : undefined };
      });
      return installations.find(({ app_slug }) => app_slug === appSlug);
    },

    /** The repository that others are generated from. `undefined`: not there, renamed, or hidden from this token. */
    async findTemplate(template: { owner: string; name: string }): Promise<GithubTemplate | undefined> {
      const route = 'GET /repos/{owner}/{repo}';
      const named = { owner: template.owner, repo: template.name };
      const answer = await request(route, named).catch(absence);
      if (answer === undefined || answer.status === 301) return undefined;
      return parse(route, templateSchema, answer);
    },

    /** True where a repository has any content: one without a commit has no branch. */
    async hasCommit(repository: { owner: string; name: string }): Promise<boolean> {
      return (await listBranches({ owner: repository.owner, repo: repository.name })).length > 0;
    },

    /**
     * https://docs.github.com/en/rest/repos/repos#get-a-repository
     *
     * `undefined`: not there, or renamed (GitHub then redirects), or hidden from this token.
     */
    async findRepository(
      name: string,
    ): Promise<{ repository: GithubRepository | undefined; at: Date | undefined }> {
      const route = 'GET /repos/{owner}/{repo}';
      const answer = await request(route, { owner, repo: name }).catch(absence);
      if (answer === undefined || answer.status === 301)
        return { repository: undefined, at: answer?.at ?? (await this.readClock()) };
      return { repository: parse(route, repositorySchema, answer), at: answer.at };
    },

    /** https://docs.github.com/en/rest/repos/repos#list-organization-repositories. All pages, oldest first. */
    async listRepositories(type: 'all' | 'private' = 'all'): Promise<ListedRepository[]> {
      const route = 'GET /orgs/{org}/repos';
      const list = { provider: 'github', operation: route, keyOf: ({ id }: ListedRepository) => String(id) };
      return withSmallerPages(60, (size) =>
        readAllPages(list, async (page: number = 1) => {
          const order = { type, sort: 'created', direction: 'asc', per_page: size, page };
          const answer = await request(route, { org: owner, ...order });
          const items = parse(route, z.array(listedRepositorySchema), answer);
          return { items, next: answer.hasNextPage ? page + 1 : undefined };
        }),
      );
    },

    /** Throws where the organization refuses the token: SAML, an IP allow list, a policy about kinds of tokens. */
    async readRepositoryList(): Promise<void> {
      const route = 'GET /orgs/{org}/repos';
      const answer = await request(route, { org: owner, type: 'private', per_page: 1 });
      parse(route, z.array(z.unknown()), answer);
    },

    /** GitHub's clock, from a read that proves at the same time that the token reads the organization. */
    async readClock(): Promise<Date | undefined> {
      return (await request('GET /orgs/{org}', { org: owner })).at;
    },

    /** Finds a repository by its immutable id, whatever its name is now. GitHub redirects renamed repositories to this route. */
    async findRepositoryById(id: string): Promise<GithubRepository | undefined> {
      const route = 'GET /repositories/{id}';
      const answer = await request(route, { id }).catch(absence);
      return answer === undefined ? undefined : parse(route, repositorySchema, answer);
    },

    /** https://docs.github.com/en/rest/repos/repos#create-a-repository-using-a-template. The default would be public. */
    async generateRepository(
      permit: Permit,
      order: { template: { owner: string; name: string }; name: string; description: string },
    ): Promise<GithubRepository> {
      const route = 'POST /repos/{template_owner}/{template_repo}/generate';
      const answer = await request(
        route,
        {
          template_owner: order.template.owner,
          template_repo: order.template.name,
          owner,
          name: order.name,
          description: order.description,
          private: true,
          include_all_branches: false,
        },
        permit,
      );
      return parse(route, repositorySchema, answer);
    },

    /** https://docs.github.com/en/rest/repos/repos#delete-a-repository. Takes a name: read the id right before. */
    async deleteRepository(permit: Permit, fullName: string): Promise<void> {
      const [fullNameOwner = '', repo = ''] = fullName.split('/');
      const route = 'DELETE /repos/{owner}/{repo}';
      const answer = await request(route, { owner: fullNameOwner, repo }, permit);
      if (answer.status >= 300) throw unreadableError('github', route, answer.status);
    },

    /**
     * https://docs.github.com/en/rest/branches/branches#list-branches, then the head of the default branch.
     *
     * `undefined` while the copy of the template is under way: the repository is there before its content.
     */
    async findHead(name: string, branch: string): Promise<string | undefined> {
      if ((await listBranches({ owner, repo: name })).length === 0) return undefined;
      const route = 'GET /repos/{owner}/{repo}/branches/{branch}';
      const answer = await request(route, { owner, repo: name, branch }).catch(absence);
      return answer === undefined ? undefined : parse(route, branchSchema, answer).commit.sha;
    },
  };
}

/** A 404 of GitHub's own, as absence. It hides repositories from tokens that may not see them in the same way. */
function absence(error: unknown): undefined {
  if (error instanceof ProviderError && error.status === 404 && error.providerText.includes('"message"'))
    return undefined;
  throw error;
}

/**
 * An answer that lacks what single sign-on protects, and says so in a header only.
 *
 * https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api
 */
function isPartial(headers: Headers): boolean {
  return /^\s*partial-results/i.test(headers.get('x-github-sso') ?? '');
}

function partialError(operation: string, status: number): ProviderError {
  const reason = 'left out what single sign-on protects: authorize the token for the organization';
  return new ProviderError({ provider: 'github', operation, outcome: 'in-doubt', status, reason });
}

/** The scopes of a classic token. Fine-grained ones and apps have no such header. */
function scopesIn(headers: Headers): string[] | undefined {
  const scopes = headers.get('x-oauth-scopes')?.split(',');
  return scopes?.map((scope) => scope.trim()).filter((scope) => scope !== '');
}

/** GitHub's secondary limits may name no time: at least a minute, says its documentation. */
function secondaryLimitMs({ status, text }: RawAnswer): number | undefined {
  return (status === 403 || status === 429) && /rate limit/i.test(text) ? 60_000 : undefined;
}

function silent(): void {}

import { json, type Answer, type Operation, type Provider, type ProviderRequest } from '../exchange.ts';
import type { World } from '../world.ts';
import { publicationOperations } from './publication.ts';
import type { N8nState } from './state.ts';
import { webhookOperations } from './webhooks.ts';
import { workflowOperations } from './workflows.ts';

const html = (status: number, title: string): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  text: `<!DOCTYPE html>\n<html lang="en">\n<head><title>Error</title></head>\n<body><pre>${title}</pre></body>\n</html>\n`,
});

/**
 * A starting server answers everything with 200 and a text; in the last tenth of that time it
 * knows no route; only `/healthz/readiness` is honest.
 */
function startingAnswer(world: World, request: ProviderRequest): Answer | undefined {
  const leftMs = world.switches.n8nStartsUntil - Date.now();
  if (leftMs <= 0) return undefined;
  if (request.path === '/healthz') return json(200, { status: 'ok' });
  if (request.path === '/healthz/readiness') return json(503, { status: 'error' });
  if (leftMs < world.switches.n8nStartingMs / 10) {
    return html(404, `Cannot ${request.method} ${request.path}`);
  }
  return { status: 200, text: 'n8n is starting up. Please wait' };
}

function generalOperations(world: World): Operation[] {
  const healthy = (): Answer => json(200, { status: 'ok' });
  const general: Operation[] = [
    { name: 'getHealth', method: 'GET', path: '/healthz', isOpen: true, handle: healthy },
    { name: 'getReadiness', method: 'GET', path: '/healthz/readiness', isOpen: true, handle: healthy },
  ];
  if (world.n8n.version !== '2.33') return general;
  return [
    ...general,
    {
      name: 'discover',
      method: 'GET',
      path: '/api/v1/discover',
      handle() {
        const scopes = world.switches.accounts.n8nScopes;
        const operations = scopes.map((scope) => scope.replace('workflow:', ''));
        return json(200, {
          data: { scopes, resources: { workflow: { operations } }, specUrl: '/api/v1/openapi.yml' },
        });
      },
    },
  ];
}

/** The right that an operation takes. */
const rights: Record<string, string> = {
  createWorkflow: 'create',
  listWorkflows: 'list',
  getWorkflow: 'read',
  replaceWorkflow: 'update',
  deleteWorkflow: 'delete',
  archiveWorkflow: 'delete',
  publishWorkflow: 'activate',
  activateWorkflow: 'activate',
  unpublishWorkflow: 'deactivate',
  deactivateWorkflow: 'deactivate',
};

/** Refuses what the key has no scope for, before it is looked whether anything is there. */
function withinScope(world: World, operation: Operation): Operation {
  const right = rights[operation.name];
  if (right === undefined) return operation;
  return {
    ...operation,
    handle: (request) =>
      world.switches.accounts.n8nScopes.includes(`workflow:${right}`)
        ? operation.handle(request)
        : json(403, { message: 'Forbidden' }),
  };
}

function wrongMediaType(request: ProviderRequest): Answer | undefined {
  const type = request.headers['content-type'];
  if (request.text === '' || !request.path.startsWith('/api/')) return undefined;
  if (type?.includes('json') === true) return undefined;
  return json(415, { message: `unsupported media type ${type?.split(';')[0] ?? 'undefined'}` });
}

/** n8n: its public API, its production webhooks and its health. */
export function n8nProvider(world: World, state: N8nState): Provider {
  return {
    name: 'n8n',
    operations: [
      ...generalOperations(world),
      ...workflowOperations(world, state),
      ...publicationOperations(world, state),
      ...webhookOperations(world, state),
    ].map((operation) => withinScope(world, operation)),
    intercept: (request) => startingAnswer(world, request),
    authorize(request) {
      // Only the API wants a key. What is not there is told to everybody.
      if (!request.path.startsWith('/api/')) return undefined;
      const isGood =
        request.headers['x-n8n-api-key'] === world.tokens.n8n && !world.switches.revoked.has('n8n');
      const refusal = world.n8n.version === '2.33' ? 'Unauthorized' : 'unauthorized';
      return isGood ? wrongMediaType(request) : json(401, { message: refusal });
    },
    errorAnswer: (status, message) => json(status, { message: message ?? defaultMessage(status) }),
    // n8n has no limit of its own; this is a proxy in front of it.
    rateLimitAnswer: (retryAfterSeconds) => ({
      status: 429,
      headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
      body: { message: 'Too Many Requests' },
    }),
    unknownRoute(request, allowedMethods) {
      if (!request.path.startsWith('/api/')) return html(404, `Cannot ${request.method} ${request.path}`);
      if (allowedMethods.length === 0) return json(404, { message: 'not found' });
      return json(405, { message: `${request.method} method not allowed` });
    },
    malformedBody: () => html(500, 'Internal Server Error'),
    headers: () => ({}),
  };
}

function defaultMessage(status: number): string {
  if (status === 401) return 'Unauthorized';
  if (status === 403) return 'Forbidden';
  if (status === 404) return 'Not Found';
  return status >= 500 ? 'Internal server error' : 'Bad request';
}

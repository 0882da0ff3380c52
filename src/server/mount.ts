/** Routes in Express: for each, who calls, whether they may, what they sent, and then its handler. */
import { Router, type Request, type RequestHandler } from 'express';
import { may } from '../ledger/roles.ts';
import { forbidden, type Caller } from './auth/caller.ts';
import type { RateLimit } from './middleware/rate-limit.ts';
import { callRoute } from './call-route.ts';
import { readBody } from './middleware/parse.ts';
import { traceRequest } from './middleware/trace-request.ts';
import type { AnyRoute } from './route.ts';

export interface Gates {
  /** Throws a 401, or what else stands in the way of knowing the caller. */
  identify(request: Request): Promise<Caller>;
  readonly limitRate: RateLimit;
  /** Runs once the caller is known and may call. */
  readonly requireDatabase: RequestHandler;
}

const nobody: Caller = { by: 'nobody', role: undefined, stillCounts: async () => false };
/** The caller of a request, carried from the check of the key to the handler. */
const callers = new WeakMap<Request, Caller>();

export function mount(routes: readonly AnyRoute[], gates: Gates): Router {
  const router = Router({ caseSensitive: false });
  for (const route of routes)
    router[route.method](
      route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      ...(route.path.startsWith('/api/') ? [traceRequest(route)] : []),
      authorize(gates, route),
      ...(route.permission === 'public' || route.isWithoutDatabase === true ? [] : [gates.requireDatabase]),
      ...(route.body === undefined ? [] : readBody),
      handle(route),
    );
  return router;
}

/** An unknown caller gets no further, whatever they ask for, and is not told either what does not exist. */
export function authorize(
  gates: Gates,
  { permission, dryRunPermission }: Pick<AnyRoute, 'permission' | 'dryRunPermission'>,
): RequestHandler {
  return async (request, response, next) => {
    if (permission === 'public') return next();
    const isDryRun = request.query['dryRun'] === 'true';
    const needed = isDryRun ? (dryRunPermission ?? permission) : permission;
    const caller = await gates.identify(request);
    response.set(await gates.limitRate(caller));
    if (!may(caller.role, needed)) throw forbidden(caller, needed);
    callers.set(request, caller);
    next();
  };
}

function handle(route: AnyRoute): RequestHandler {
  return async (request, response) => {
    const { params, query } = request;
    const body: unknown = request.body;
    const caller = callers.get(request) ?? nobody;
    const reply = await callRoute(route, { params, query, body, caller, request, response });
    if (reply === undefined) return;
    response.status(reply.status).set(reply.headers ?? {});
    const contentType = route.answers[reply.status]?.contentType;
    if (contentType !== undefined) response.type(contentType).send(reply.body);
    else if (reply.body === undefined) response.end();
    else response.json(reply.body);
  };
}

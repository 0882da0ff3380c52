/** Routes in Express: for each, who calls, whether they may, what they sent, and then its handler. */
import { Router, type Request, type RequestHandler } from 'express';
import { hasRole, type Caller, type Role } from './auth/caller.ts';
import type { RateLimit } from './middleware/rate-limit.ts';
import { callRoute } from './call-route.ts';
import { readBody } from './middleware/parse.ts';
import { traceRequest } from './middleware/trace-request.ts';
import { Problem } from './problem.ts';
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
      authorize(gates, route.role),
      ...(route.role === 'public' || route.isWithoutDatabase === true ? [] : [gates.requireDatabase]),
      ...(route.body === undefined ? [] : readBody),
      handle(route),
    );
  return router;
}

/** An unknown caller gets no further, whatever they ask for, and is not told either what does not exist. */
export function authorize(gates: Gates, least: Role | 'public'): RequestHandler {
  return async (request, response, next) => {
    if (least === 'public') return next();
    const caller = await gates.identify(request);
    response.set(await gates.limitRate(caller));
    if (!hasRole(caller, least))
      throw new Problem(403, 'forbidden', `This needs the role ${least}${heldRole(caller)}.`);
    callers.set(request, caller);
    next();
  };
}

function heldRole({ role }: Caller): string {
  return role === undefined ? ', and these credentials have none' : `, and these credentials have ${role}`;
}

function handle(route: AnyRoute): RequestHandler {
  return async (request, response) => {
    const { params, query, body } = request;
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

/** Routes in Express: for each, who calls, whether they may, what they sent, and then its handler. */
import { Router, type Request, type RequestHandler } from 'express';
import { z } from 'zod';
import { may } from '../ledger/roles.ts';
import { forbidden, type Caller } from './auth/caller.ts';
import type { RateLimit } from './middleware/rate-limit.ts';
import { parseBody, parseQuery, readBody } from './middleware/parse.ts';
import { traceRequest } from './middleware/trace-request.ts';
import { Problem } from './problem.ts';
import type { AnyRoute, RouteRequest } from './route.ts';

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
const nothing = z.strictObject({});

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
    const params = (route.params ?? nothing).safeParse({ ...request.params });
    if (!params.success) throw new Problem(404, 'not-found', 'There is nothing of this id.');
    const query = parseQuery(request, route.query ?? nothing);
    const body =
      route.body === undefined
        ? undefined
        : route.isBodyOptional === true && request.body === undefined
          ? route.body.parse({})
          : parseBody(request, route.body);
    const given = {
      params: params.data,
      query,
      body,
      caller: callers.get(request) ?? nobody,
      request,
      response,
    };
    // Parsed by the route's own schemas, right above.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const reply = await route.handle(given as unknown as RouteRequest<never, never, never>);
    if (reply === undefined) return;
    response.status(reply.status).set(reply.headers ?? {});
    const contentType = route.answers[reply.status]?.contentType;
    if (contentType !== undefined) response.type(contentType).send(reply.body);
    else if (reply.body === undefined) response.end();
    else response.json(reply.body);
  };
}

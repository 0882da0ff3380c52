/** Calls the handler of a route with what its own schemas make of a request. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Caller } from './auth/caller.ts';
import { parseBody, parseQuery } from './middleware/parse.ts';
import { Problem } from './problem.ts';
import type { AnyRoute, Reply, RouteRequest } from './route.ts';

const nothing = z.strictObject({});

export interface RawCall {
  readonly params: object;
  readonly query: object;
  readonly body: unknown;
  readonly caller: Caller;
  readonly request: Request;
  readonly response: Response;
}

/** Whether the caller may call it was decided before. Throws a Problem. Undefined: the route has answered by itself. */
export async function callRoute(route: AnyRoute, call: RawCall): Promise<Reply | undefined> {
  const params = (route.params ?? nothing).safeParse({ ...call.params });
  if (!params.success) throw new Problem(404, 'not-found', 'There is nothing of this id.');
  const query = parseQuery(call.query, route.query ?? nothing);
  const body =
    route.body === undefined
      ? undefined
      : route.isBodyOptional === true && call.body === undefined
        ? route.body.parse({})
        : parseBody(call.body, route.body);
  const { caller, request, response } = call;
  const given = { params: params.data, query, body, caller, request, response };
  // Parsed by the route's own schemas, right above.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return route.handle(given as unknown as RouteRequest<never, never, never>);
}

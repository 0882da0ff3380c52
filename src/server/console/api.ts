/** The API as the console's pages call it: in process, by operation, as whoever is signed in, under the same rules. */
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { may } from '../../ledger/roles.ts';
import { forbidden, type Caller } from '../auth/caller.ts';
import { callRoute } from '../call-route.ts';
import type { AnyRoute } from '../route.ts';

export interface Call {
  readonly params?: object;
  readonly query?: object;
  readonly body?: unknown;
  /** Default: JSON, whatever the page was asked for as. */
  readonly accept?: string;
}

export interface ConsoleApi {
  /** Throws a Problem, as the route does. */
  ask<T>(operation: string, answer: z.ZodType<T>, call?: Call): Promise<T>;
  /** For an operation whose answer nobody reads. */
  do(operation: string, call?: Call): Promise<void>;
  /** For an operation that answers the request by itself; where it does not, its status is the answer. */
  stream(operation: string, call: Call & { readonly accept: string }): Promise<void>;
}

export function consoleApi(
  routes: readonly AnyRoute[],
  {
    caller,
    request,
    response,
  }: { readonly caller: Caller; readonly request: Request; readonly response: Response },
): ConsoleApi {
  // Several may be asked at once: each leaves it as the browser has sent it.
  const { accept: asked } = request.headers;

  async function call(
    operation: string,
    { params = {}, query = {}, body, accept = 'application/json' }: Call = {},
  ) {
    const route = routes.find(({ operationId }) => operationId === operation);
    if (route === undefined) throw new Error(`there is no operation ${operation}`);
    const isDryRun = 'dryRun' in query && query.dryRun === 'true';
    const needed = isDryRun ? (route.dryRunPermission ?? route.permission) : route.permission;
    if (needed !== 'public' && !may(caller.role, needed)) throw forbidden(caller, needed);
    request.headers.accept = accept;
    try {
      return await callRoute(route, { params, query, body, caller, request, response });
    } finally {
      request.headers.accept = asked;
    }
  }
  return {
    async ask(operation, answer, given) {
      return answer.parse((await call(operation, given))?.body);
    },
    async do(operation, given) {
      await call(operation, given);
    },
    async stream(operation, given) {
      const reply = await call(operation, given);
      if (reply !== undefined) response.status(reply.status).end();
    },
  };
}

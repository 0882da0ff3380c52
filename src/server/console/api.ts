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
  /** For an operation that answers the request by itself, and for one whose answer nobody reads. */
  do(operation: string, call?: Call): Promise<void>;
}

export function consoleApi(
  routes: readonly AnyRoute[],
  {
    caller,
    request,
    response,
  }: { readonly caller: Caller; readonly request: Request; readonly response: Response },
): ConsoleApi {
  async function call(
    operation: string,
    { params = {}, query = {}, body, accept = 'application/json' }: Call = {},
  ) {
    const route = routes.find(({ operationId }) => operationId === operation);
    if (route === undefined) throw new Error(`there is no operation ${operation}`);
    if (route.permission !== 'public' && !may(caller.role, route.permission))
      throw forbidden(caller, route.permission);
    const { accept: asked } = request.headers;
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
  };
}

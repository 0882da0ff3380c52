/**
 * A route as data: who may call it, what it takes and what it answers.
 *
 * One list of these is mounted in Express and becomes the OpenAPI document, so that neither knows a route that the
 * other does not, and none is open by mistake.
 */
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Permission } from '../ledger/roles.ts';
import type { Caller } from './auth/caller.ts';

/** A request as a handler gets it: everything parsed. */
export interface RouteRequest<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** On a public route nobody is asked: `by` is `nobody`. */
  readonly caller: Caller;
  readonly request: Request;
  /** For a handler that answers by itself, as a stream does. */
  readonly response: Response;
}

export interface Reply {
  readonly status: number;
  /** JSON, or text where `answers` names another content type. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The form of an answer of one status. */
export interface RouteAnswer {
  readonly description: string;
  /** Undefined: it has no body, or one that no schema describes. */
  readonly schema?: z.ZodType;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** Another content type that can be asked for. */
  readonly alsoAs?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
> {
  readonly method: 'get' | 'post' | 'delete';
  /** As OpenAPI writes it: `/api/provisioning/{id}`. */
  readonly path: string;
  /** The permission that it needs. `public`: nobody is asked for a key. */
  readonly permission: Permission | 'public';
  /** The permission that it needs where it only plans: with `dryRun=true`. Default: the same. */
  readonly dryRunPermission?: Permission;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** The form of the path's parameters. A value of another form names nothing: 404. */
  readonly params?: Params;
  /** Default: no parameter is known. */
  readonly query?: Query;
  /** Default: no body is read. */
  readonly body?: Body;
  /** True where the body may be left out; the schema then gets `{}`. */
  readonly isBodyOptional?: boolean;
  /** Request headers that it reads, with what they mean. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Problems of its own, beyond those that every route has. */
  readonly problems?: Readonly<Record<number, string>>;
  /** True where the route works without the ledger. */
  readonly isWithoutDatabase?: boolean;
  /** Undefined: it has answered by itself. */
  handle(
    request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
  ): Promise<Reply | undefined>;
}

/** Any route. Its handler is called by `mount` alone, which parses what it is given by the route's own schemas. */
export interface AnyRoute extends Omit<Route, 'handle'> {
  // A method, so that routes of all schemas fit.
  handle(request: RouteRequest<never, never, never>): Promise<Reply | undefined>;
}

/** Declares a route and lets the compiler infer what its handler is given. */
export function defineRoute<
  Params extends z.ZodObject = z.ZodObject<Record<string, never>>,
  Query extends z.ZodObject = z.ZodObject<Record<string, never>>,
  Body extends z.ZodType = z.ZodUndefined,
>(route: Route<Params, Query, Body>): AnyRoute {
  return route;
}

import type { IncomingHttpHeaders } from 'node:http';
import type { View } from './store.ts';

/** The four providers, in the order in which a stack is built. */
export const providerNames = ['supabase', 'github', 'vercel', 'n8n'] as const;

/** One of the four providers. */
export type ProviderName = (typeof providerNames)[number];

/** What can exist at a provider. */
export const objectKinds = [
  'supabase.project',
  'github.repository',
  'vercel.project',
  'vercel.deployment',
  'n8n.workflow',
] as const;

/** One kind of object. */
export type ObjectKind = (typeof objectKinds)[number];

/** What a request did to the provider's objects. */
export interface Effect {
  kind: 'created' | 'changed' | 'deleted';
  objectKind: ObjectKind;
  objectId: string;
}

/** What a handler answers. `body` is sent as JSON, `text` as it is; neither means an empty body. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
  text?: string;
  /** Set when the handler changed something. */
  effect?: Effect;
}

/** A request, read and routed. */
export interface ProviderRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  parameters: Record<string, string>;
  headers: IncomingHttpHeaders;
  /** The parsed JSON body; undefined when there is none or it is malformed. */
  body: unknown;
  text: string;
  isMalformed: boolean;
  /** What a read may see: a lagging provider does not know its newest objects yet. */
  view: View;
}

/** One endpoint. Calling `handle` is what makes its effect happen. */
export interface Operation {
  name: string;
  method: string;
  /** A path with `:name` segments; a last `:name+` takes the rest, slashes included. */
  path: string;
  /** True for what is served without a token. */
  isOpen?: boolean;
  /** True for what judges a malformed body itself. */
  acceptsAnyBody?: boolean;
  handle(request: ProviderRequest): Answer | Promise<Answer>;
}

/** A provider: its endpoints, and its own way of saying no. */
export interface Provider {
  name: ProviderName;
  operations: readonly Operation[];
  /** An answer given before anything else is looked at, e.g. while the provider starts. */
  intercept?(request: ProviderRequest): Answer | undefined;
  /** The refusal for a missing or wrong token, undefined when the token is good. */
  authorize(request: ProviderRequest): Answer | undefined;
  /** An error in the provider's form. */
  errorAnswer(status: number, message?: string): Answer;
  /** A 429 with the provider's headers. */
  rateLimitAnswer(retryAfterSeconds: number | undefined): Answer;
  unknownRoute(request: ProviderRequest, allowedMethods: readonly string[]): Answer;
  malformedBody(request: ProviderRequest): Answer;
  /** Headers on every answer. */
  headers(request: ProviderRequest): Record<string, string>;
}

/** The value of a `:name` segment of the operation's path. */
export function parameter(request: ProviderRequest, name: string): string {
  const value = request.parameters[name];
  if (value === undefined) throw new Error(`the path of this operation has no :${name}`);
  return value;
}

/** A JSON answer. */
export function json(status: number, body: unknown, effect?: Effect): Answer {
  return effect === undefined ? { status, body } : { status, body, effect };
}

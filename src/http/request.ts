/**
 * One request, one answer: no retries, no redirects, a deadline, a size limit, and every answer parsed.
 *
 * This file alone decides what an answer proves, for all providers: a mutating call ends as a success, as `not-made`, or
 * as `in-doubt`.
 */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip } from 'node:zlib';
import { Agent, request as sendRequest } from 'undici';
import type { z } from 'zod';
import { isAwayAnswer } from './away.ts';
import { ProviderError, type RefusalHeaders } from '../errors.ts';
import { startDeadline } from './deadline.ts';
import { parseJson } from './json.ts';
import type { Permit } from './permit.ts';
import { beginProviderCall, type CallEnd } from './watch.ts';

/** More of a refusal's text is not kept. It must be whole to be read as JSON. */
const maxProviderText = 100_000;

/** A provider's answer larger than this is cut off and counts as unreadable, unless its call says otherwise. */
const usualAnswerBytes = 1024 * 1024;

/** Proxies in front of the providers refuse requests that name no program. */
const userAgent = 'client-provisioner';

/** HTTP/1.1 only: over HTTP/2 a dead connection outlives the calls that it has swallowed, and a call may be sent twice. */
const dispatcher = new Agent({ allowH2: false });

export interface ProviderConnection {
  readonly provider: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The deadline of a read, and of a mutating call unless its permit is shorter. */
  readonly timeoutMs: number;
  /** Aborts every call, for instance when the worker loses its lease. */
  readonly signal?: AbortSignal | undefined;
  /** Sent with every call. */
  readonly query?: Readonly<Record<string, string | undefined>>;
}

export interface Call<T> {
  /** Values for the `{…}` of the path, percent-encoded here. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** The largest answer that is read, where that is not the usual one. */
  readonly maxAnswerBytes?: number;
  /** Just the fields that are read. Anything else in the answer is ignored. */
  readonly schema: z.ZodType<T>;
}

export interface Answer<T> {
  readonly data: T;
  readonly headers: Headers;
  /** The provider's own clock, from the `Date` header. Whole seconds, rounded down. */
  readonly at: Date | undefined;
}

/** An answer that is not a success, before anybody decided what it means. */
export interface ErrorAnswer {
  readonly status: number;
  /** Parsed JSON, or undefined where the body is none. */
  readonly body: unknown;
}

/** A GET, or the one endpoint that reads by POST. */
type ReadOperation = `GET ${string}` | 'POST /v1/projects/{ref}/database/query';
type MutatingOperation = `${'POST' | 'PUT' | 'PATCH' | 'DELETE'} ${string}`;

export interface ProviderHttp {
  /** Reads. Throws a ProviderError for everything but a readable 2xx. */
  read<T>(operation: ReadOperation, call: Call<T>): Promise<Answer<T>>;
  /** Reads what may be absent: `undefined` only when `isAbsent` recognises the refusal as the provider's "not there". */
  readIfThere<T>(
    operation: ReadOperation,
    call: Call<T> & { isAbsent: (refusal: ErrorAnswer) => boolean },
  ): Promise<Answer<T> | undefined>;
  /** Makes one mutating call. A ProviderError says whether it was `not-made` or is `in-doubt`. */
  mutate<T>(permit: Permit, operation: MutatingOperation, call: Call<T>): Promise<Answer<T>>;
}

/** Requests to one provider, each with its deadline, its size limit and its schema. */
export function providerHttp(connection: ProviderConnection): ProviderHttp {
  return {
    async read(operation, call) {
      return parseAnswer(connection, operation, call, await send(connection, operation, call));
    },
    async readIfThere(operation, call) {
      const answer = await send(connection, operation, call);
      if (!isSuccess(answer.status) && call.isAbsent({ status: answer.status, body: parseJson(answer.text) }))
        return undefined;
      return parseAnswer(connection, operation, call, answer);
    },
    async mutate(permit, operation, call) {
      return parseAnswer(connection, operation, call, await send(connection, operation, call, permit));
    },
  };
}

/** A whole answer, whatever its status. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends one request and reads its whole answer. Throws a ProviderError where there is none, and what the permit throws. */
export async function exchange(
  connection: Pick<ProviderConnection, 'provider' | 'timeoutMs' | 'signal'>,
  operation: string,
  request: {
    url: URL | string;
    method: string;
    headers: Record<string, string>;
    body?: string | undefined;
    maxAnswerBytes?: number | undefined;
  },
  permit?: Permit,
): Promise<RawAnswer> {
  const timeoutMs = Math.min(connection.timeoutMs, permit?.timeoutMs ?? Infinity);
  permit?.take();
  const deadline = startDeadline(timeoutMs, [connection.signal, permit?.signal]);
  const end = beginProviderCall({ provider: connection.provider, operation });
  try {
    // Half the work of fetch(). It follows no redirect.
    const response = await sendRequest(request.url, {
      dispatcher,
      method: request.method,
      headers: { 'user-agent': userAgent, 'accept-encoding': 'gzip, br', ...request.headers },
      body: request.body ?? null,
      signal: deadline.signal,
    });
    const headers = headersOf(response.headers);
    const limitBytes = request.maxAnswerBytes ?? usualAnswerBytes;
    const bytes = await readCapped(response.body, limitBytes);
    const text = await unpack(bytes, headers.get('content-encoding'), limitBytes);
    end({ status: response.statusCode });
    return { status: response.statusCode, headers, text };
  } catch (error) {
    end(endWithoutAnswer(error));
    throw connectionError(connection.provider, operation, error);
  } finally {
    deadline.end();
  }
}

async function send(
  connection: ProviderConnection,
  operation: string,
  call: Call<unknown>,
  permit?: Permit,
): Promise<RawAnswer> {
  const [method = 'GET', template = '/'] = operation.split(' ');
  const headers: Record<string, string> = { accept: 'application/json', ...connection.headers };
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  return exchange(
    connection,
    operation,
    {
      url: buildUrl(connection, template, call),
      method,
      headers,
      body,
      maxAnswerBytes: call.maxAnswerBytes,
    },
    permit,
  );
}

function buildUrl(connection: ProviderConnection, template: string, call: Call<unknown>): URL {
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = call.params?.[name];
    // An empty, "." or ".." segment would name another resource than the one meant.
    if (value === undefined || value === '' || /^\.{1,2}$/.test(value))
      throw new TypeError(`no usable value for {${name}} in ${template}`);
    return encodeURIComponent(value);
  });
  const url = new URL(connection.baseUrl + path);
  for (const [name, value] of Object.entries({ ...connection.query, ...call.query }))
    if (value !== undefined) url.searchParams.set(name, value);
  return url;
}

function parseAnswer<T>(
  connection: ProviderConnection,
  operation: string,
  call: Call<T>,
  answer: RawAnswer,
): Answer<T> {
  if (!isSuccess(answer.status)) throw refusalError(connection.provider, operation, answer);
  const parsed = call.schema.safeParse(parseJson(answer.text));
  if (!parsed.success) throw unreadableError(connection.provider, operation, answer.status, answer.text);
  return { data: parsed.data, headers: answer.headers, at: answerTime(answer.headers) };
}

/** A success that cannot be read proves nothing. */
export function unreadableError(
  provider: string,
  operation: string,
  status: number,
  text = '',
): ProviderError {
  return new ProviderError({
    provider,
    operation,
    outcome: 'in-doubt',
    status,
    isAway: isAwayAnswer(provider, status, text),
    reason: `answered ${status} with something unreadable`,
  });
}

/**
 * Decides what a refusal proves: a 4xx came before any work, except 408, which is a time-out by another name, and one that
 * a proxy gives in the provider's place.
 */
export function refusalError(
  provider: string,
  operation: string,
  answer: RawAnswer,
  defaultRetryAfterMs?: number,
): ProviderError {
  const isAway = isAwayAnswer(provider, answer.status, answer.text);
  const isProof = answer.status >= 400 && answer.status < 500 && answer.status !== 408 && !isAway;
  return new ProviderError({
    provider,
    operation,
    outcome: isProof ? 'not-made' : 'in-doubt',
    status: answer.status,
    isAway,
    headers: refusalHeaders(answer.headers),
    providerText: answer.text.slice(0, maxProviderText),
    retryAfterMs: retryAfterMs(answer.status, answer.headers, new Date()) ?? defaultRetryAfterMs,
  });
}

function refusalHeaders(headers: Headers): RefusalHeaders {
  const sso = headers.get('x-github-sso');
  const challenge = headers.get('www-authenticate');
  return {
    ...(sso === null ? {} : { 'x-github-sso': sso }),
    ...(challenge === null ? {} : { 'www-authenticate': challenge }),
  };
}

function endWithoutAnswer(error: unknown): CallEnd {
  if (error instanceof AnswerTooLarge) return { failure: 'answer-too-large' };
  return { failure: isTimeout(error) ? 'timeout' : 'no-answer' };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

/** Error codes that mean no connection was made, so nothing was sent, unless they come from a connection that was. */
const neverConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The error of a request that got no whole answer. */
function connectionError(provider: string, operation: string, error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof AnswerTooLarge)
    return new ProviderError({
      provider,
      operation,
      outcome: 'in-doubt',
      reason: error.message,
      cause: error,
    });
  const code = errorCode(error);
  const isUnreached = code !== undefined && neverConnected.has(code) && !wasConnected(error);
  return new ProviderError({
    provider,
    operation,
    outcome: isUnreached ? 'not-made' : 'in-doubt',
    isAway: isUnreached,
    connectionCode: code,
    reason: isTimeout(error)
      ? 'got no answer in time'
      : `got no answer${code === undefined ? '' : ` (${code})`}`,
    cause: error,
  });
}

function errorCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    if (at instanceof AggregateError) {
      const codes = at.errors.map(errorCode);
      if (codes[0] !== undefined && codes.every((code) => code !== undefined && neverConnected.has(code)))
        return codes[0];
    }
  }
  return undefined;
}

/** True where an error comes from reading or writing: then there was a connection, and something may have been sent. */
function wasConnected(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1)
    if ('syscall' in at && (at.syscall === 'read' || at.syscall === 'write')) return true;
  return false;
}

/** The answer was cut off at the limit. Stands as the `cause` of a ProviderError. */
export class AnswerTooLarge extends Error {}

function headersOf(record: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(record))
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  return headers;
}

/** Reads a body up to a limit and hangs up on a longer one. */
async function readCapped(body: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limitBytes) throw tooLarge(limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const unpackers = new Map([
  ['gzip', promisify(gunzip)],
  ['br', promisify(brotliDecompress)],
]);

/** The text of a body, up to the same limit. An encoding that nobody asked for cannot be read. */
async function unpack(bytes: Buffer, encoding: string | null, limitBytes: number): Promise<string> {
  const unpacker = unpackers.get(encoding ?? '');
  if (unpacker === undefined || bytes.length === 0) return bytes.toString('utf8');
  try {
    return (await unpacker(bytes, { maxOutputLength: limitBytes })).toString('utf8');
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(limitBytes);
    return '';
  }
}

function tooLarge(limitBytes: number): AnswerTooLarge {
  return new AnswerTooLarge(`answered with more than ${limitBytes} bytes`);
}

/**
 * The time that a provider asks to be left alone, in ms.
 *
 * `Retry-After` in seconds or as a date. Without it, on an exhausted limit, `x-ratelimit-reset`: GitHub and Vercel send
 * epoch seconds, Supabase the seconds that remain.
 */
export function retryAfterMs(status: number, headers: Headers, now: Date): number | undefined {
  const retryAfter = headers.get('retry-after');
  if (retryAfter !== null) {
    const seconds = Number(retryAfter);
    const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(retryAfter) - now.getTime();
    return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
  }
  const isExhausted = status === 429 || (status === 403 && headers.get('x-ratelimit-remaining') === '0');
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  if (!isExhausted || !Number.isFinite(reset)) return undefined;
  return Math.max(0, reset > 1_000_000_000 ? reset * 1000 - now.getTime() : reset * 1000);
}

/** The provider's clock at an answer. */
export function answerTime(headers: Headers): Date | undefined {
  const at = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(at) ? undefined : new Date(at);
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

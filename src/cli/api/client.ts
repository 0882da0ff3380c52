/** The API over HTTP: outages are waited out, limits are kept to, refusals are thrown. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { CliError, exitCodes } from '../exit.ts';
import { isOutage, pauseBeforeNextMs, retryAfterMsOf, type Outcome } from './patience.ts';
import { ApiProblem } from './problem.ts';

export interface ApiRequest {
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Under the address, with its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default true: a GET, and a POST that has an idempotency key or that does no harm twice. */
  readonly isRepeatable?: boolean;
  /** The longest that one answer is waited for. Default 15 s. */
  readonly answerMs?: number;
  /** Statuses that are answers too, and no problems. */
  readonly alsoFine?: readonly number[];
}

export interface Answer {
  readonly status: number;
  /** The JSON, or undefined where there is none. */
  readonly body: unknown;
  readonly headers: Headers;
}

export interface Api {
  readonly url: string;
  /** Throws an ApiProblem where it is refused, and a CliError where the API is away. */
  call(request: ApiRequest): Promise<Answer>;
  /** Opens a stream of Server-Sent Events. Undefined: there is none to be had. */
  stream(
    path: string,
    lastEventId: number,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array> | undefined>;
}

export interface ApiOptions {
  /** How long an outage is waited out. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Told once per request that it is sent again. */
  onOutage(reason: string): void;
}

const answerMsByDefault = 15_000;

export function openApi({ url, key }: Connection, options: ApiOptions): Api {
  const authorization = `Bearer ${key}`;
  return {
    url,
    async call(request) {
      const startedAt = performance.now();
      let wasLost = false;
      for (let tries = 1; ; tries += 1) {
        const tried = await tryOnce(url, authorization, request, options.signal);
        if ('answer' in tried && isFine(tried.answer.status, request)) return tried.answer;
        const pauseMs = pauseBeforeNextMs(tried.outcome, {
          tries,
          elapsedMs: performance.now() - startedAt,
          timeoutMs: options.timeoutMs,
          isRepeatable: request.isRepeatable ?? true,
          chance: Math.random(),
        });
        if (pauseMs === undefined) throw errorOf(url, request, tried, wasLost);
        wasLost ||= tried.outcome.is === 'lost' ? tried.outcome.wasSent : isOutage(tried.outcome.status);
        if (tries === 1) options.onOutage(describe(tried.outcome));
        await delay(pauseMs, undefined, { signal: options.signal });
      }
    },
    async stream(path, lastEventId, signal) {
      const headers = { authorization, accept: 'text/event-stream', 'last-event-id': String(lastEventId) };
      const response = await fetch(url + path, { headers, redirect: 'manual', signal });
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
      if (response.ok && isStream && response.body !== null) return response.body;
      await response.body?.cancel();
      return undefined;
    },
  };
}

function isFine(status: number, { alsoFine = [] }: ApiRequest): boolean {
  return (status >= 200 && status < 300) || alsoFine.includes(status);
}

type Tried =
  | { readonly outcome: Extract<Outcome, { is: 'answered' }>; readonly answer: Answer }
  | { readonly outcome: Extract<Outcome, { is: 'lost' }>; readonly cause: unknown };

async function tryOnce(
  url: string,
  authorization: string,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<Tried> {
  const { method = 'GET', path, body, answerMs = answerMsByDefault } = request;
  try {
    const response = await fetch(url + path, {
      method,
      // The key goes to this address and to none that an answer names.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = { status: response.status, headers: response.headers, body: parse(await response.text()) };
    const { code } = codeSchema.safeParse(answer.body).data ?? {};
    const retryAfterMs = retryAfterMsOf(response.headers.get('retry-after'), Date.now());
    return { answer, outcome: { is: 'answered', status: answer.status, code, retryAfterMs } };
  } catch (error) {
    signal.throwIfAborted();
    return { cause: error, outcome: { is: 'lost', ...explainLoss(error) } };
  }
}

const codeSchema = z.looseObject({ code: z.string().optional() });

/** A proxy's page is no JSON. */
function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Codes of connections that were never made. */
const unsent = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/;
/** Codes of what no waiting mends: a name, a certificate, another protocol. */
const hopeless = /^(ENOTFOUND$|CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$|HPE_)/;

function explainLoss(error: unknown) {
  if (error instanceof Error && error.name === 'TimeoutError')
    return { wasSent: true, isHopeless: false, reason: 'no answer in time' };
  const code = connectionCodeOf(error);
  return {
    wasSent: !unsent.test(code) && !hopeless.test(code),
    isHopeless: hopeless.test(code),
    reason: code,
  };
}

function connectionCodeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error instanceof AggregateError) return connectionCodeOf(error.errors[0]);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? error.message : connectionCodeOf(error.cause);
}

function describe(outcome: Outcome): string {
  return outcome.is === 'lost' ? outcome.reason : `${outcome.status} ${outcome.code ?? ''}`.trim();
}

function errorOf(url: string, request: ApiRequest, tried: Tried, wasLost: boolean): CliError {
  const name = `${request.method ?? 'GET'} ${request.path.replace(/\?.*/, '')}`;
  if ('answer' in tried) {
    const problem = new ApiProblem(name, tried.answer.status, tried.answer.body);
    if (wasLost && problem.status === 409)
      problem.message += '\n  An earlier try, whose answer was lost, may have got through: look with "show".';
    return problem;
  }
  const { reason, wasSent } = tried.outcome;
  const doubt =
    wasSent && request.isRepeatable === false
      ? ' It may have got through all the same: look before you send it again.'
      : ' Is the address right, and is the server running?';
  return new CliError(
    exitCodes.away,
    `The API at ${url} could not be reached (${reason}).${doubt}`,
    tried.cause,
  );
}

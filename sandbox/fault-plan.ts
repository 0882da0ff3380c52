import type { Answer, Provider } from './exchange.ts';
import type { Fault, FaultMode } from './faults.ts';
import { page, proxyPage } from './proxy-page.ts';

/** What becomes of the answer: `normal` sends the handler's own, `replace` another. */
export type Delivery =
  | { kind: 'normal' }
  | { kind: 'replace'; answer: Answer }
  | { kind: 'drop' }
  | { kind: 'hang' }
  | { kind: 'huge' };

/** Whether the provider acts on a request, and what it answers. */
export interface FaultPlan {
  acts: boolean;
  delivery: Delivery;
  /** For stale reads: objects younger than this are not seen. */
  hiddenMs?: number;
}

const garbage: Answer = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  text: '<!doctype html><title>502</title><h1>upstream connect error</h1>',
};

const normal: FaultPlan = { acts: true, delivery: { kind: 'normal' } };

function replace(acts: boolean, answer: Answer): FaultPlan {
  return { acts, delivery: { kind: 'replace', answer } };
}

type Planner = (fault: Fault, provider: Provider, elsewhere: string) => FaultPlan;

const planners: Record<FaultMode, Planner> = {
  'drop-before': () => ({ acts: false, delivery: { kind: 'drop' } }),
  'drop-after': () => ({ acts: true, delivery: { kind: 'drop' } }),
  'hang-before': () => ({ acts: false, delivery: { kind: 'hang' } }),
  'hang-after': () => ({ acts: true, delivery: { kind: 'hang' } }),
  'error-before': ({ status = 500 }, provider) => replace(false, provider.errorAnswer(status)),
  'error-after': ({ status = 500 }, provider) => replace(true, provider.errorAnswer(status)),
  'rate-limit': ({ retryAfterSeconds }, provider) =>
    replace(false, provider.rateLimitAnswer(retryAfterSeconds)),
  garbage: () => replace(true, garbage),
  huge: () => ({ acts: true, delivery: { kind: 'huge' } }),
  redirect: ({ status = 307 }, _provider, elsewhere) =>
    replace(false, { status, headers: { location: elsewhere } }),
  latency: () => normal,
  reject: ({ status = 400, body = {}, headers = {} }) =>
    replace(false, typeof body === 'string' ? page(status, body, headers) : { status, body, headers }),
  refuse: ({ status = 403 }, provider) => replace(false, provider.errorAnswer(status)),
  'stale-read': ({ delayMs = 60_000 }) => ({ ...normal, hiddenMs: delayMs }),
  'proxy-page': ({ status = 503, retryAfterSeconds }) => replace(false, proxyPage(status, retryAfterSeconds)),
  'not-found': (_fault, provider) => replace(false, provider.errorAnswer(404)),
};

/** Decides what a fault does to a request. `elsewhere` is where a redirect points. */
export function planFor(fault: Fault | undefined, provider: Provider, elsewhere: string): FaultPlan {
  return fault === undefined ? normal : planners[fault.mode](fault, provider, elsewhere);
}

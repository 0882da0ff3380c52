/** Decides whether a request is sent again, and when. Pure. */

/** The outcome of one try of a request. */
export type Outcome =
  | {
      readonly is: 'answered';
      readonly status: number;
      readonly code: string | undefined;
      readonly retryAfterMs: number | undefined;
    }
  /** `wasSent`: it may have got through. */
  | { readonly is: 'lost'; readonly wasSent: boolean; readonly reason: string; readonly isHopeless: boolean };

export interface Patience {
  /** Tries so far. */
  readonly tries: number;
  readonly elapsedMs: number;
  /** How long an outage is waited out. */
  readonly timeoutMs: number;
  /** False where twice would be once too often: such a request is sent again only if it was not done. */
  readonly isRepeatable: boolean;
  /** Between 0 and 1. */
  readonly chance: number;
}

/** A limit on requests is no outage: it is waited for longer. */
const longestLimitMs = 150_000;

/** The pause before the next try. Undefined: there is none. */
export function pauseBeforeNextMs(outcome: Outcome, patience: Patience): number | undefined {
  if (!isWorthAnother(outcome, patience)) return undefined;
  const asked = outcome.is === 'answered' ? outcome.retryAfterMs : undefined;
  const pauseMs = asked ?? Math.min(250 * 2 ** (patience.tries - 1), 5000) * (0.5 + patience.chance / 2);
  const isLimit = outcome.is === 'answered' && outcome.status === 429;
  const bound = isLimit ? Math.max(longestLimitMs, patience.timeoutMs) : patience.timeoutMs;
  return patience.elapsedMs + pauseMs > bound ? undefined : pauseMs;
}

function isWorthAnother(outcome: Outcome, { isRepeatable }: Patience): boolean {
  if (outcome.is === 'lost') return !outcome.isHopeless && (isRepeatable || !outcome.wasSent);
  const { status, code } = outcome;
  if (status === 429 || code === 'idempotency-in-flight') return true;
  // A worker was waited for already.
  return isRepeatable && isOutage(status) && code !== 'worker-unavailable';
}

/** True where the API, or a proxy in front of it, says that it cannot be used now. */
export function isOutage(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

/** The milliseconds that a `Retry-After` names, as seconds or as a date. */
export function retryAfterMsOf(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Decides what follows from one attempt at a callback: delivered, stopped, given up, or tried again later. Pure. */
import type { AttemptOutcome } from '../../ledger/callbacks.ts';
import type { CallbackAnswer } from '../../callbacks/send.ts';

/** A callback is given up after a day. */
const dayMs = 24 * 3_600_000;
/** Also the longest that a receiver's `Retry-After` is obeyed. */
const longestDelayMs = 4 * 3_600_000;

/** One attempt, and its callback as of now. */
export interface Attempt {
  /** How many there were, this one included, since its callback was written or sent again by hand. */
  readonly tries: number;
  /** Since the same moment. */
  readonly age_ms: number;
  readonly durationMs: number;
}

/** 2xx delivers, 410 stops, everything else is tried again with growing delays for a day, the last time at its end. */
export function decideCallbackOutcome(
  attempt: Attempt,
  answer: CallbackAnswer,
  retryBaseMs: number,
  random: () => number,
): AttemptOutcome {
  const { status, error } = answer;
  const outcome = { status, error, durationMs: attempt.durationMs, retryInMs: 0 };
  if (status !== undefined && status >= 200 && status < 300) return { ...outcome, state: 'delivered' };
  if (status === 410) return { ...outcome, state: 'stopped' };
  const leftMs = dayMs - attempt.age_ms;
  if (leftMs <= 0) return { ...outcome, state: 'failed' };
  const backoffMs = Math.min(retryBaseMs * 2 ** Math.min(attempt.tries - 1, 30), longestDelayMs);
  const askedMs = Math.min(answer.retryAfterMs ?? 0, longestDelayMs);
  const delayMs = Math.max(backoffMs * (0.8 + random() * 0.4), askedMs);
  return { ...outcome, state: 'pending', retryInMs: Math.ceil(Math.min(delayMs, leftMs)) };
}

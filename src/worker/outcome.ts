/** What follows from an error of a step: another look, another attempt, or the end. Pure. */
import { AbsenceUnproven, LeaseLost, NotYet, ProviderError, StepFailure, WorkerStopping } from '../errors.ts';
import { isDatabaseAway } from '../ledger/pool.ts';
import type { StepProgress } from '../ledger/steps.ts';
import type { StepError } from '../ledger/rows.ts';
import type { Direction, FailureCode } from '../provisioning.ts';
import { PermitRefused } from '../permit.ts';

export interface Patience {
  readonly maxAttempts: number;
  readonly retryBaseMs: number;
  readonly pollBaseMs: number;
  readonly readyTimeoutMs: number;
}

export type Outcome =
  | {
      readonly is: 'postponed';
      readonly waitingFor: string | undefined;
      readonly delayMs: number;
      readonly error: StepError | undefined;
    }
  | { readonly is: 'failed'; readonly error: StepError }
  /** Nothing was decided about the step: this worker may not go on. Another one, or a later job, does. */
  | { readonly is: 'interrupted' };

const longestRetryMs = 300_000;

/** What follows from an error of a step. `random`: from 0 up to 1, for jitter. */
export function decideOutcome(
  error: unknown,
  progress: StepProgress,
  direction: Direction,
  patience: Patience,
  random: () => number,
): Outcome {
  const isCutOff = [LeaseLost, PermitRefused, WorkerStopping].some((kind) => error instanceof kind);
  // The ledger's database being away says nothing about the step either.
  if (isCutOff || isDatabaseAway(error)) return { is: 'interrupted' };
  const leastMs = error instanceof ProviderError ? error.retryAfterMs : undefined;
  const wait = asWait(error, direction);
  if (wait !== undefined) return decideWait(wait, leastMs, progress, patience, random);

  const { isFinal, ...stepError } = explain(error, direction);
  if (isFinal || progress.attempts >= patience.maxAttempts) return { is: 'failed', error: stepError };
  const backoffMs = Math.min(patience.retryBaseMs * 2 ** (progress.attempts - 1), longestRetryMs);
  const delayMs =
    leastMs === undefined
      ? backoffMs * (0.5 + random() / 2)
      : Math.max(leastMs, backoffMs) + patience.retryBaseMs * random();
  return { is: 'postponed', waitingFor: undefined, delayMs: Math.ceil(delayMs), error: stepError };
}

/** `leastMs`: how long the provider has asked to be left alone. */
function decideWait(
  wait: NotYet,
  leastMs: number | undefined,
  progress: StepProgress,
  patience: Patience,
  random: () => number,
): Outcome {
  const { wait: before } = progress;
  if (!wait.endsByItself && (before?.waitedMs ?? 0) >= patience.readyTimeoutMs)
    return {
      is: 'failed',
      error: wait.atDeadline ?? {
        code: 'not-ready-in-time',
        message: `waited ${Math.round(patience.readyTimeoutMs / 1000)} s for ${wait.waitingFor}`,
      },
    };
  const looks = before?.waitingFor === wait.waitingFor ? before.looks : 0;
  const growing = Math.min(patience.pollBaseMs * 1.5 ** looks, patience.pollBaseMs * 5);
  const delayMs =
    leastMs === undefined
      ? (wait.lookAgainMs ?? growing * (0.8 + random() * 0.4))
      : Math.max(leastMs, growing) + patience.pollBaseMs * random();
  return { is: 'postponed', waitingFor: wait.waitingFor, delayMs: Math.ceil(delayMs), error: undefined };
}

/**
 * What counts as waiting.
 *
 * In an undo also a provider that does not answer, and a conflict: what is left behind costs money, so patience is
 * cheap. Refusals of the token are errors in either direction.
 */
function asWait(error: unknown, direction: Direction): NotYet | undefined {
  if (error instanceof NotYet) return error;
  if (direction === 'run' || !(error instanceof ProviderError)) return undefined;
  const { status } = error;
  const isPassing =
    status === undefined || status >= 500 || status < 400 || [408, 409, 423, 425, 429].includes(status);
  if (!isPassing && error.retryAfterMs === undefined) return undefined;
  return new NotYet(`${error.provider} to answer`);
}

function explain(error: unknown, direction: Direction): StepError & { isFinal: boolean } {
  if (error instanceof StepFailure) return { code: error.code, message: error.message, isFinal: true };
  // Tried as often as a refusal: a token may get its sight back.
  if (error instanceof AbsenceUnproven)
    return { code: 'credentials-rejected', message: error.message, isFinal: false };
  if (!(error instanceof ProviderError))
    return {
      code: 'internal-error',
      message: 'an error of the program: the worker log has it',
      isFinal: false,
    };
  const code = error.retryAfterMs === undefined ? codeOf(error.status) : 'provider-unavailable';
  const isRefusal =
    code === 'credentials-rejected' || code === 'quota-exceeded' || code === 'provider-rejected';
  // A 404 may be a provider that has not caught up with itself, and a refused undo is tried as often as an error.
  const isFinal = isRefusal && error.status !== 404 && direction === 'run';
  return { code, message: error.message, isFinal };
}

function codeOf(status: number | undefined): FailureCode {
  if (status === 401 || status === 403) return 'credentials-rejected';
  if (status === 402) return 'quota-exceeded';
  if (status === undefined || status === 408 || status === 429 || status >= 500 || status < 400)
    return 'provider-unavailable';
  return 'provider-rejected';
}

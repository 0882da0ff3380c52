/** Decides what follows from an error of a step: another look, another attempt, or the end. Pure. */
import {
  AbsenceUnproven,
  LeaseLost,
  NotYet,
  ProviderError,
  StepFailure,
  WasCancelled,
  WorkerStopping,
} from '../../errors.ts';
import { isDatabaseAway } from '../../ledger/pool.ts';
import type { StepProgress, WaitSoFar } from '../../ledger/claims.ts';
import type { Wait } from '../../ledger/steps.ts';
import type { StepError } from '../../ledger/rows.ts';
import type { Direction, FailureCode } from '../../provisioning.ts';
import { PermitRefused } from '../../http/permit.ts';
import { explainRefusal } from '../../refusals/explain.ts';

export interface Patience {
  readonly maxAttempts: number;
  readonly retryBaseMs: number;
  readonly pollBaseMs: number;
  readonly readyTimeoutMs: number;
}

export type Outcome =
  | ({ readonly is: 'postponed' } & Wait)
  | { readonly is: 'failed'; readonly error: StepError }
  /** Nothing was decided about the step: this worker may not go on. Another one, or a later job, does. */
  | { readonly is: 'interrupted' };

const longestRetryMs = 300_000;

/** Decides what follows from an error of a step. `random`: from 0 up to 1, for jitter. */
export function decideOutcome(
  error: unknown,
  progress: StepProgress,
  direction: Direction,
  patience: Patience,
  random: () => number,
): Outcome {
  const isCutOff = [LeaseLost, PermitRefused, WasCancelled, WorkerStopping].some(
    (kind) => error instanceof kind,
  );
  // The ledger's database being away says nothing about the step either.
  if (isCutOff || isDatabaseAway(error)) return { is: 'interrupted' };
  const leastMs = askedPauseMs(error);
  const reason = asWait(error, direction);
  if (reason !== undefined) return decideWait(reason, leastMs, progress, patience, random);

  const { isFinal, ...stepError } = explain(error, direction);
  if (isFinal || progress.attempts >= patience.maxAttempts) return { is: 'failed', error: stepError };
  const backoffMs = Math.min(patience.retryBaseMs * 2 ** (progress.attempts - 1), longestRetryMs);
  const delayMs =
    leastMs === undefined
      ? backoffMs * (0.5 + random() / 2)
      : Math.max(leastMs, backoffMs) + patience.retryBaseMs * random();
  return {
    is: 'postponed',
    waitingFor: undefined,
    delayMs: Math.ceil(delayMs),
    endsInMs: undefined,
    isAway: false,
    error: stepError,
  };
}

/** How long the provider has asked to be left alone, also where its refusal only means that something is not there yet. */
function askedPauseMs(error: unknown): number | undefined {
  const refusal = error instanceof NotYet ? error.cause : error;
  return refusal instanceof ProviderError ? refusal.retryAfterMs : undefined;
}

interface WaitReason {
  readonly wait: NotYet;
  /** The wait is for a provider that is away, and not for something that it is about to do. */
  readonly isAway: boolean;
}

/**
 * The time that a step waits, and whether it still does.
 *
 * A provider that is away has a deadline of its own, beside the one for all that is waited for in a row: what is left
 * of a minute of booting is not over because of an hour of outage. Both only grow within a row of waits, so they end.
 * `leastMs`: how long the provider has asked to be left alone.
 */
function decideWait(
  { wait, isAway }: WaitReason,
  leastMs: number | undefined,
  { wait: before }: StepProgress,
  patience: Patience,
  random: () => number,
): Outcome {
  const waitedMs = (isAway ? before?.awayMs : before?.waitedMs) ?? 0;
  const endsInMs = wait.endsByItself ? undefined : Math.max(0, patience.readyTimeoutMs - waitedMs);
  if (endsInMs === 0)
    return {
      is: 'failed',
      error: wait.atDeadline ?? {
        code: 'not-ready-in-time',
        message: `waited ${Math.round(patience.readyTimeoutMs / 1000)} s for ${wait.waitingFor}`,
        ...adviceOn(wait.cause),
      },
    };
  const present = before?.waitingFor === wait.waitingFor ? before : { looks: 0, presentMs: 0 };
  const growing = isAway ? untilBack(present, patience) : untilDone(present, patience);
  const delayMs =
    leastMs === undefined
      ? (wait.lookAgainMs ?? growing * (0.8 + random() * 0.4))
      : Math.max(leastMs, growing) + patience.pollBaseMs * random();
  const { waitingFor } = wait;
  return {
    is: 'postponed',
    waitingFor,
    delayMs: Math.ceil(delayMs),
    endsInMs,
    isAway,
    error: undefined,
  };
}

/** A provider that is away is left alone, ever more. */
function untilBack({ looks }: Pick<WaitSoFar, 'looks'>, { pollBaseMs }: Patience): number {
  return Math.min(pollBaseMs * 1.5 ** looks, pollBaseMs * 15);
}

/**
 * What a provider is about to do takes a second or some minutes, and nobody can tell: so the next look comes after a
 * quarter of the time that it has taken already, and at most that much too late.
 */
function untilDone({ presentMs }: Pick<WaitSoFar, 'presentMs'>, { pollBaseMs }: Patience): number {
  return Math.min(Math.max(presentMs / 4, pollBaseMs / 4), pollBaseMs * 5);
}

/**
 * Tells whether an error counts as waiting: what a step says is not there yet, a provider that is away, and one that wants fewer requests.
 *
 * In an undo also a provider that does not answer, and a conflict: what is left behind costs money, so patience is
 * cheap. Refusals of the token are errors in either direction.
 */
function asWait(error: unknown, direction: Direction): WaitReason | undefined {
  if (error instanceof NotYet) return { wait: error, isAway: false };
  if (!(error instanceof ProviderError)) return undefined;
  const { provider, status } = error;
  if (error.isAway) return { wait: new NotYet(`${provider} to answer`), isAway: true };
  if (isRateLimit(error)) return { wait: new NotYet(`${provider} to take requests again`), isAway: true };
  if (direction === 'run') return undefined;
  const isPassing =
    status === undefined ||
    status >= 500 ||
    status < 400 ||
    [408, 409, 423, 425].includes(status) ||
    error.retryAfterMs !== undefined;
  return isPassing ? { wait: new NotYet(`${provider} to answer`), isAway: false } : undefined;
}

/** GitHub's limits come as a 403 too; what tells is that they name a time. */
function isRateLimit({ status, retryAfterMs }: ProviderError): boolean {
  return status === 429 || (status === 403 && retryAfterMs !== undefined);
}

function explain(error: unknown, direction: Direction): StepError & { isFinal: boolean } {
  if (error instanceof StepFailure) return { ...explainFailure(error), isFinal: true };
  // Tried as often as a refusal: a token may get its sight back.
  if (error instanceof AbsenceUnproven)
    return { code: 'credentials-rejected', message: error.message, isFinal: false };
  if (!(error instanceof ProviderError))
    return {
      code: 'internal-error',
      message: 'an error of the program: the worker log has it',
      isFinal: false,
    };
  const stepError = explainAnswer(error);
  // A 404 may be a provider that has not caught up with itself, and a refused undo is tried as often as an error.
  const isFinal = stepError.code !== 'provider-unavailable' && error.status !== 404 && direction === 'run';
  return { ...stepError, isFinal };
}

/** The failure of a step that calls it final; with the reason of the refusal behind it, where that is known. */
function explainFailure({ code, message, whatToDo, cause }: StepFailure): StepError {
  return { code, message, ...(whatToDo === undefined ? adviceOn(cause) : { whatToDo }) };
}

/** Advice on the refusal behind an error, where one is known. */
function adviceOn(cause: unknown): { readonly whatToDo?: string } {
  const known = cause instanceof ProviderError ? explainRefusal(cause) : undefined;
  return known === undefined ? {} : { whatToDo: known.whatToDo };
}

function explainAnswer(error: ProviderError): StepError {
  const { message, status } = error;
  const known = explainRefusal(error);
  if (known === undefined) return { code: codeOf(status), message };
  return { code: known.code, message: `${message}: ${known.message}`, whatToDo: known.whatToDo };
}

function codeOf(status: number | undefined): FailureCode {
  if (status === 401 || status === 403) return 'credentials-rejected';
  if (status === 402) return 'quota-exceeded';
  if (status === undefined || status === 408 || status >= 500 || status < 400) return 'provider-unavailable';
  return 'provider-rejected';
}

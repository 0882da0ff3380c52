/** Errors carry facts as fields and the original in `cause`. No message or log line shows a body, a token or a query string. */
import type { FailureCode } from './provisioning.ts';

/** The outcome of a call that went wrong. */
export type CallOutcome =
  /** The provider refused before doing anything, or was never reached. */
  | 'not-made'
  /** No answer, or one that proves nothing: a time-out, a reset, a 5xx, a success that cannot be read. */
  | 'in-doubt';

/** The longest that a provider is left alone because it asks for it. */
const longestRetryAfterMs = 3_600_000;

/** The headers of a refusal that we read: GitHub's hint at single sign-on, and a proxy's question for a password. */
export type RefusalHeaders = Readonly<Partial<Record<'x-github-sso' | 'www-authenticate', string>>>;

export interface ProviderErrorFacts {
  readonly provider: string;
  /** Verb and path template, as in the provider's reference: `DELETE /v1/projects/{ref}`. */
  readonly operation: string;
  readonly outcome: CallOutcome;
  readonly status?: number | undefined;
  /** The body of the refusal, cut off, for decisions. It is not part of the message: providers echo what they get. */
  readonly providerText?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** The few headers of the answer that say why, by their lower-case names. */
  readonly headers?: RefusalHeaders | undefined;
  /** The provider is not there at the moment: nobody listens, or a proxy answers in its place. */
  readonly isAway?: boolean | undefined;
  /** Of a connection that failed: `ECONNREFUSED`, `ERR_SSL_WRONG_VERSION_NUMBER`, … */
  readonly connectionCode?: string | undefined;
  /** The event in place of an answer: `timed out`, `connection reset`, … */
  readonly reason?: string | undefined;
  readonly cause?: unknown;
}

/** A call to a provider that did not end in a readable success. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly provider: string;
  readonly operation: string;
  readonly outcome: CallOutcome;
  readonly status: number | undefined;
  /** At most an hour, whatever the provider has asked for. */
  readonly retryAfterMs: number | undefined;
  readonly connectionCode: string | undefined;
  /** Nothing is wrong with the request: it is made again once the provider is back. */
  readonly isAway: boolean;
  /** Not enumerable, so that no logger prints it. */
  declare readonly providerText: string;
  /** Not enumerable either. */
  declare readonly headers: RefusalHeaders;

  constructor(facts: ProviderErrorFacts) {
    const what = facts.reason ?? `answered ${facts.status ?? 'nothing'}`;
    super(`${facts.provider}: ${facts.operation} ${what}`, { cause: facts.cause });
    this.provider = facts.provider;
    this.operation = facts.operation;
    this.outcome = facts.outcome;
    this.status = facts.status;
    this.retryAfterMs =
      facts.retryAfterMs === undefined ? undefined : Math.min(facts.retryAfterMs, longestRetryAfterMs);
    this.connectionCode = facts.connectionCode;
    this.isAway = facts.isAway ?? false;
    Object.defineProperty(this, 'providerText', { value: facts.providerText ?? '', enumerable: false });
    Object.defineProperty(this, 'headers', { value: facts.headers ?? {}, enumerable: false });
  }
}

/** A step cannot succeed, however often it is tried. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  readonly code: FailureCode;
  /** Advice, where more is known than the code says. */
  readonly whatToDo: string | undefined;

  constructor(code: FailureCode, message: string, options: ErrorOptions & { whatToDo?: string } = {}) {
    super(message, options);
    this.code = code;
    this.whatToDo = options.whatToDo;
  }
}

/** Why a step has waited in vain. */
export interface WaitFailure {
  readonly code: FailureCode;
  readonly message: string;
  /** Advice, where more is known than the code says. */
  readonly whatToDo?: string;
}

/** Thrown by a step that must wait: look again later, and hold no worker meanwhile. It uses up no attempt. */
export class NotYet extends Error {
  override readonly name = 'NotYet';
  /** The awaited end, as a person reads it: `the project to become healthy`. The deadline counts all waits in a row. */
  readonly waitingFor: string;
  /** When to look again; without it the usual growing interval. A `cause` that names a time wins. */
  readonly lookAgainMs: number | undefined;
  /** True where the wait ends by itself at a time of its own, so the deadline of waits does not count for it. */
  readonly endsByItself: boolean;
  /** The failure of a step whose wait has passed its deadline. Default: `not-ready-in-time`. */
  readonly atDeadline: WaitFailure | undefined;

  constructor(
    waitingFor: string,
    options: {
      lookAgainMs?: number;
      endsByItself?: boolean;
      atDeadline?: WaitFailure;
      cause?: unknown;
    } = {},
  ) {
    super(`waiting for ${waitingFor}`, { cause: options.cause });
    this.waitingFor = waitingFor;
    this.lookAgainMs = options.lookAgainMs;
    this.endsByItself = options.endsByItself ?? false;
    this.atDeadline = options.atDeadline;
  }
}

/** Something is not found by a token that may not see it: nobody knows whether it is there. */
export class AbsenceUnproven extends Error {
  override readonly name = 'AbsenceUnproven';
}

/** This worker no longer holds the provisioning: whatever it wanted to write or to send, it must not. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';

  constructor(provisioningId: string, options?: ErrorOptions) {
    super(`the lease on provisioning ${provisioningId} is lost`, options);
  }
}

/** The provisioning was cancelled since it was claimed: its run begins no further call. */
export class WasCancelled extends Error {
  override readonly name = 'WasCancelled';

  constructor(provisioningId: string, options?: ErrorOptions) {
    super(`provisioning ${provisioningId} was cancelled`, options);
  }
}

/** The process is about to stop and begins nothing new. */
export class WorkerStopping extends Error {
  override readonly name = 'WorkerStopping';

  constructor() {
    super('the worker is stopping');
  }
}

/** An environment, file or argument that cannot be used. The message says every problem and how to fix it. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

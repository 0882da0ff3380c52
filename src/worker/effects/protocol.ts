/**
 * The protocol of one effect: intent, gate, call, classification, record. The only place that grants a worker permits.
 *
 * What differs between creating, changing and deleting is how a call in doubt is resolved; that is theirs.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { passCrashPoint } from '../../crash-points.ts';
import { LeaseLost, NotYet, ProviderError, StepFailure, WorkerStopping } from '../../errors.ts';
import {
  forgiveDoubt,
  insertIntent,
  measureDoubt,
  refuseEffect,
  renewIntent,
  type EffectKey,
} from '../../ledger/effects.ts';
import type { Part } from '../../ledger/parts.ts';
import type { EffectRow } from '../../ledger/rows.ts';
import { Permit } from '../../http/permit.ts';
import type { Intent, Refusal, Verdict } from '../../steps/step.ts';
import type { EffectScope } from './scope.ts';

/**
 * Time that the lease must outlive a call by, to record what came of it; and for what a call does before it leaves,
 * such as to connect, or to read the name that an id has at this moment.
 */
function marginMs(timeoutMs: number): number {
  return Math.max(2000, timeoutMs / 2);
}

/** The outcome of one mutating call that was not refused. */
export type CallResult<T> =
  | { readonly is: 'made'; readonly value: T }
  /** Perhaps made: look. */
  | { readonly is: 'in-doubt'; readonly error: ProviderError }
  | { readonly is: 'name-taken' };

export function effectKey(scope: EffectScope, name: string): EffectKey {
  return { provisioningId: scope.client.provisioningId, step: scope.step.name, name };
}

export function newMark(scope: EffectScope): string {
  return `prov-${scope.client.provisioningId}-${randomBytes(4).toString('hex')}`;
}

/** Of an effect that was never called: nothing can have come of it. */
export function firstIntent(mark: string): Intent {
  return { mark, absentAt: undefined, mayExist: false, recorded: [], calls: 0 };
}

export function intentOf(effect: EffectRow): Intent {
  const mayExist = effect.state === 'intended' || effect.doubts > 0;
  return { mark: effect.mark, absentAt: effect.absent_at, mayExist, recorded: [], calls: effect.calls };
}

/** The call that is about to be sent. */
export interface PlannedCall {
  readonly key: EffectKey;
  readonly verb: EffectRow['verb'];
  readonly naturalKey: string;
  readonly mark: string;
  readonly absentAt?: Date | undefined;
  /** Its effect, where it is not the first call of that. */
  readonly earlier: EffectRow | undefined;
}

/**
 * Commits the intent of a call and passes the gate, both at once: the lease outlives the call from then on, so that the
 * call is dead before another worker may start one. `partsWith`: what is written with the intent.
 */
export async function commitIntent(
  scope: EffectScope,
  { key, verb, naturalKey, mark, absentAt, earlier }: PlannedCall,
  partsWith: (effectId: string) => readonly Part[] = () => [],
): Promise<EffectRow> {
  const { lease, ledger, limits } = scope;
  if (!limits.mayBegin()) throw new WorkerStopping();
  // A worker that others take for dead may have lost its lease already.
  await limits.confirmPresence();
  const id = earlier?.id ?? randomUUID();
  const { epoch } = lease;
  const intent =
    earlier === undefined
      ? insertIntent(key, { id, verb, naturalKey, mark, epoch, absentAt })
      : renewIntent(earlier, epoch, absentAt);
  const lastsMs = limits.timeoutMs + marginMs(limits.timeoutMs);
  await ledger.intend(verb, [intent, ...partsWith(id)], Math.max(lastsMs, limits.leaseMs));
  passCrashPoint('intent-committed', { verb });
  const intended = await ledger.findEffect(key.name);
  if (intended === undefined) throw new Error(`the intent of "${key.name}" is not there`);
  return intended;
}

/**
 * Sends one call whose intent is committed.
 *
 * A refusal is proof that it was not made, and is recorded as that before the error goes on. Everything unclear stays
 * an intent without an outcome: in doubt, for this worker or the next one.
 */
export async function sendCall<T>(
  scope: EffectScope,
  effect: EffectRow,
  call: {
    readonly send: (permit: Permit) => Promise<T>;
    readonly judge: ((refusal: Refusal) => Verdict | undefined) | undefined;
    /** Writes what follows once nothing is proven to be made. */
    readonly whenRefused: () => Promise<void>;
  },
): Promise<CallResult<T>> {
  const { lease, limits } = scope;
  const { verb } = effect;
  const permit = Permit.grant({
    signal: lease.signal,
    timeoutMs: limits.timeoutMs,
    mayStart: () => limits.mayBegin() && lease.remainingMs() > limits.timeoutMs,
  });
  try {
    const value = await call.send(permit);
    passCrashPoint('answered', { verb });
    return { is: 'made', value };
  } catch (error) {
    if (lease.signal.aborted) throw new LeaseLost(scope.client.provisioningId, { cause: error });
    if (permit.isTaken && !isProofOfNothingMade(error)) {
      if (error instanceof ProviderError) return { is: 'in-doubt', error };
      throw error;
    }
    const verdict = error instanceof ProviderError ? call.judge?.(error) : undefined;
    // The name may be taken by our own earlier call, whose answer was lost: only a look can tell.
    if (verdict?.is === 'name-taken') return { is: 'name-taken' };
    await call.whenRefused();
    if (verdict?.is === 'too-early') throw new NotYet(verdict.waitingFor, { cause: error });
    if (verdict?.is === 'final') throw new StepFailure(verdict.code, verdict.message, { cause: error });
    throw error;
  }
}

/** Records that an intended call was not made. One that may be repeated stays confirmed by an earlier call. */
export async function recordNotMade(
  scope: EffectScope,
  effect: EffectRow,
  wasInDoubt = false,
): Promise<void> {
  if (effect.state === 'intended') await scope.ledger.write([refuseEffect(effect, wasInDoubt)]);
}

/** A call that itself declares its failure final, or too early, has left nothing behind. */
function isProofOfNothingMade(error: unknown): boolean {
  if (error instanceof ProviderError) return error.outcome === 'not-made';
  return error instanceof StepFailure || error instanceof NotYet;
}

/**
 * Tells whether an absence counts as proof by now.
 *
 * Call it before the look: what a look shows counts for the time at which it began. Throws LeaseLost.
 */
export async function hasSettled(scope: EffectScope, effect: EffectRow): Promise<boolean> {
  const doubtMs = await scope.ledger.transact((db) => measureDoubt(db, effect.id));
  return doubtMs >= scope.limits.settleMs;
}

/** A provider that was away at a call uses up none of the effect's calls: the deadline of waits bounds them. */
export async function forgiveAbsence(
  scope: EffectScope,
  effect: EffectRow,
  { isAway }: ProviderError,
): Promise<void> {
  if (isAway) await scope.ledger.transact((db) => forgiveDoubt(db, effect.id));
}

/**
 * Looks again soon: a lost answer's object usually shows up at once.
 *
 * `unansweredBy`: the error of the call, where it was made just now. A provider that asks to be left alone is.
 */
export function stillInDoubt(scope: EffectScope, what: string, unansweredBy?: ProviderError): NotYet {
  const soonMs = Math.max(20, Math.min(1000, Math.ceil(scope.limits.settleMs / 5)));
  const lookAgainMs = Math.max(soonMs, unansweredBy?.retryAfterMs ?? 0);
  // Another call follows, so that a provider that is away has to bound it.
  const endsByItself = unansweredBy?.isAway !== true;
  return new NotYet(`proof whether ${what} was made`, { lookAgainMs, endsByItself });
}

export function refuseFurtherCalls(what: string): StepFailure {
  return new StepFailure(
    'provider-unavailable',
    `${what}: no answer to any of the calls, and nothing was made`,
  );
}

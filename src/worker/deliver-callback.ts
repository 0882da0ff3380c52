/** One attempt at one callback: take it, sign it, send it, write down what came of it. */
import { performance } from 'node:perf_hooks';
import type { Job } from 'bullmq';
import { z } from 'zod';
import { passCrashPoint } from '../crash-points.ts';
import { listDueCallbacks, recordAttempt, takeCallback, type AttemptOutcome } from '../ledger/callbacks.ts';
import { inTransaction } from '../ledger/pool.ts';
import type { CallbackJobData } from '../queue/flows.ts';
import type { CallbackSender } from '../webhooks/send.ts';
import type { Engine } from './engine.ts';
import { postpone } from './postpone.ts';

const callbackJobData = z.object({ callbackId: z.uuid() }) satisfies z.ZodType<CallbackJobData>;

/** A callback is given up after a day. */
const dayMs = 24 * 3_600_000;
/** From taking a callback to sending it, and from the answer to its record. */
const marginMs = 2500;
const longestDelayMs = 4 * 3_600_000;

export async function deliverCallback(
  engine: Engine,
  send: CallbackSender,
  job: Job,
  token: string | undefined,
): Promise<unknown> {
  const { callbackId } = callbackJobData.parse(job.data);
  // Others may take what this process has taken, once they can take it for dead.
  const presenceLost = engine.presence.signal();
  if (presenceLost.aborted) return postpone(job, token, 500);
  const takenAt = performance.now();
  const holder = engine.presence.holder();
  const callback = await takeCallback(engine.pool, callbackId, holder, send.timeoutMs + 2 * marginMs);
  if (callback === undefined) return { ended: true };
  if ('retryInMs' in callback) return postpone(job, token, callback.retryInMs);

  passCrashPoint('callback-taken');
  const startedAt = performance.now();
  // It stood still meanwhile: somebody else may be about to take it.
  if (startedAt - takenAt > marginMs) return postpone(job, token, send.timeoutMs + 2 * marginMs);
  const answer = await send(
    { id: callback.id, url: callback.callback_url, body: callback.body },
    AbortSignal.any([engine.cutOff, presenceLost]),
  );
  passCrashPoint('callback-sent');
  const outcome = judge(engine, callback, answer, performance.now() - startedAt);
  await inTransaction(engine.pool, (db) => recordAttempt(db, callback, outcome));
  engine.log.info(
    {
      callback: callback.id,
      provisioning: callback.provisioning_id,
      type: callback.type,
      attempt: callback.attempts,
      state: outcome.state,
      status: outcome.status,
      error: outcome.error,
      durationMs: Math.round(outcome.durationMs),
    },
    'callback attempt',
  );
  await job
    .log(`attempt ${callback.attempts}: ${outcome.status ?? outcome.error ?? 'no answer'}`)
    .catch(() => {});
  // A little late rather than early: before its time it is not taken.
  if (outcome.state === 'pending') return postpone(job, token, outcome.retryInMs + 25);
  await wakeNext(engine, callback.provisioning_id);
  return { state: outcome.state, attempts: callback.attempts };
}

/** 2xx delivers, 410 stops, everything else is tried again with growing delays for a day. */
function judge(
  engine: Engine,
  callback: { tries: number; age_ms: number },
  answer: { status?: number; error?: string; retryAfterMs?: number },
  durationMs: number,
): AttemptOutcome {
  const outcome = { status: answer.status, error: answer.error, durationMs, retryInMs: 0 };
  if (answer.status !== undefined && answer.status >= 200 && answer.status < 300)
    return { ...outcome, state: 'delivered' };
  if (answer.status === 410) return { ...outcome, state: 'stopped' };
  const backoffMs = engine.callbackRetryBaseMs * 2 ** Math.min(callback.tries - 1, 12);
  const delayMs = Math.min(backoffMs, longestDelayMs) * (0.8 + Math.random() * 0.4);
  const leftMs = dayMs - callback.age_ms;
  if (leftMs <= 0) return { ...outcome, state: 'failed' };
  const askedMs = Math.min(answer.retryAfterMs ?? 0, longestDelayMs);
  return { ...outcome, state: 'pending', retryInMs: Math.ceil(Math.min(Math.max(delayMs, askedMs), leftMs)) };
}

/** The next one of the same provisioning was waiting for this one. */
async function wakeNext(engine: Engine, provisioningId: string): Promise<void> {
  for (const id of await listDueCallbacks(engine.pool, { provisioningId, limit: 1 }))
    await engine.queues.addCallback(id).catch(() => {});
}

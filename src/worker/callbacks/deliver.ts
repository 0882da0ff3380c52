/** One attempt at one callback: take it, sign it, send it, write down what came of it. */
import { performance } from 'node:perf_hooks';
import { z } from 'zod';
import { passCrashPoint } from '../../crash-points.ts';
import {
  listDueCallbacks,
  putOffCallback,
  readReceiver,
  recordAttempt,
  takeCallback,
} from '../../ledger/callbacks.ts';
import { inTransaction } from '../../ledger/pool.ts';
import type { CallbackJobData } from '../../queue/flows.ts';
import { jobDone, jobLater, type JobEnd, type QueueJob } from '../../queue/jobs.ts';
import { traceSending } from '../../telemetry/trace-sending.ts';
import type { CallbackSender } from '../../callbacks/send.ts';
import { decideCallbackOutcome } from './outcome.ts';
import type { Engine } from '../engine.ts';
import type { ReceiverSlots } from './receiver-slots.ts';

const callbackJobData = z.object({ callbackId: z.uuid() }) satisfies z.ZodType<CallbackJobData>;

/** From taking a callback to sending it, and from the answer to its record. */
const marginMs = 2500;
/** A little late rather than early: before its time it is not taken. */
const lateMs = 25;

export interface CallbackDelivery {
  readonly engine: Engine;
  readonly send: CallbackSender;
  readonly slots: ReceiverSlots;
}

/** Makes the attempt if its receiver has a slot left. Where it has none the callback waits, and no attempt is used up. */
export async function deliverCallback(delivery: CallbackDelivery, job: QueueJob): Promise<JobEnd> {
  const { engine, slots } = delivery;
  const { callbackId } = callbackJobData.parse(job.data);
  const url = await readReceiver(engine.pool, callbackId);
  if (url === undefined) return jobDone({ ended: true });
  const slot = slots.take(url);
  if ('retryInMs' in slot) {
    await putOffCallback(engine.pool, callbackId, slot.retryInMs);
    return jobLater(slot.retryInMs + lateMs);
  }
  try {
    return await attempt(delivery, callbackId, job);
  } finally {
    slot.release();
  }
}

async function attempt(
  { engine, send }: CallbackDelivery,
  callbackId: string,
  job: QueueJob,
): Promise<JobEnd> {
  // Others may take what this process has taken, once they can take it for dead.
  const presenceLost = engine.presence.signal();
  if (presenceLost.aborted) return jobLater(500);
  const takenAt = performance.now();
  const holder = engine.presence.holder();
  const callback = await takeCallback(engine.pool, callbackId, holder, send.timeoutMs + 2 * marginMs);
  if (callback === undefined) return jobDone({ ended: true });
  if ('retryInMs' in callback) return jobLater(callback.retryInMs);

  passCrashPoint('callback-taken');
  const startedAt = performance.now();
  // This worker stood still meanwhile: another one may be about to take the callback.
  if (startedAt - takenAt > marginMs) return jobLater(send.timeoutMs + 2 * marginMs);
  const answer = await traceSending(callback, () =>
    send({ id: callback.id, url: callback.callback_url, body: callback.body }, [engine.cutOff, presenceLost]),
  );
  passCrashPoint('callback-sent');
  const outcome = decideCallbackOutcome(
    { ...callback, durationMs: performance.now() - startedAt },
    answer,
    engine.callbackRetryBaseMs,
    Math.random,
  );
  await inTransaction(engine.pool, (db) => recordAttempt(db, callback, outcome));
  engine.metrics.callbackAttemptDuration.observe({ outcome: outcome.state }, outcome.durationMs / 1000);
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
  job.show({ line: `attempt ${callback.attempts}: ${outcome.status ?? outcome.error ?? 'no answer'}` });
  if (outcome.state === 'pending') return jobLater(outcome.retryInMs + lateMs);
  await wakeNext(engine, callback.provisioning_id);
  return jobDone({ state: outcome.state, attempts: callback.attempts });
}

/** The next one of the same provisioning was waiting for this one. */
async function wakeNext(engine: Engine, provisioningId: string): Promise<void> {
  for (const { id } of await listDueCallbacks(engine.pool, { provisioningId, limit: 1 }))
    await engine.queues.addCallback(id).catch(() => {});
}

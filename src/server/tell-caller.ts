/** Tells the caller of an operator's act: the callback is written with the act, and sent at once. */
import { reportChange, type CallbackType } from '../api/report.ts';
import type { Queryable } from '../ledger/pool.ts';
import { inNoTrace } from '../telemetry/trace-parent.ts';
import type { Deps } from './deps.ts';

/** Carries out an act, and has the callback sent that it has written. */
export async function actAndTell<T>(
  deps: Deps,
  id: string,
  act: (report: (db: Queryable, type: CallbackType) => Promise<void>) => Promise<T>,
): Promise<T> {
  let callbackId: string | undefined;
  const result = await act(async (db, type) => {
    callbackId = await reportChange(db, { steps: deps.steps, publicUrl: deps.publicUrl() }, id, type);
  });
  if (callbackId !== undefined) await sendSoon(deps, callbackId);
  return result;
}

/**
 * Has a callback sent at once, where the queue is there; else the sweeper sees to it. It belongs to the trace of its
 * provisioning, whoever's request has led to it.
 */
export async function sendSoon(deps: Deps, callbackId: string): Promise<void> {
  await inNoTrace(() => deps.queues()?.addCallback(callbackId))?.catch((error: unknown) => {
    deps.log.warn({ err: error }, 'the queue took no callback: the sweeper enqueues it later');
  });
}

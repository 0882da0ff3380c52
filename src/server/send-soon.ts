/** Has a callback sent at once, where the queue is there; else the sweeper sees to it. */
import { inNoTrace } from '../telemetry/trace-parent.ts';
import type { Deps } from './deps.ts';

/** Undefined: there is none. It belongs to the trace of its provisioning, whoever's request has led to it. */
export async function sendSoon(deps: Deps, callbackId: string | undefined): Promise<void> {
  if (callbackId === undefined) return;
  await inNoTrace(() => deps.queues()?.addCallback(callbackId))?.catch((error: unknown) => {
    deps.log.warn({ err: error }, 'the queue did not take a callback; the sweeper will');
  });
}

/** Has a callback sent at once, where the queue is there; else the sweeper sees to it. */
import type { Deps } from './deps.ts';

/** Undefined: there is none. */
export async function sendSoon(deps: Deps, callbackId: string | undefined): Promise<void> {
  if (callbackId === undefined) return;
  await deps
    .queues()
    ?.addCallback(callbackId)
    .catch((error: unknown) => {
      deps.log.warn({ err: error }, 'the queue did not take a callback; the sweeper will');
    });
}

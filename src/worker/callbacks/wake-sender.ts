/** Has a callback sent that was just committed. */
import type { Engine } from '../engine.ts';

/** Best effort: a callback whose sender was not woken is found by the sweeper. */
export async function wakeSender(engine: Engine, callbackId: string | undefined): Promise<void> {
  if (callbackId === undefined) return;
  await engine.queues.addCallback(callbackId).catch((error: unknown) => {
    engine.log.warn({ err: error, callback: callbackId }, 'the queue did not take a callback');
  });
}

/** Writes the callback that tells of a change, in the transaction of that change, and wakes its sender afterwards. */
import { insertCallback } from '../ledger/callbacks.ts';
import type { Queryable } from '../ledger/pool.ts';
import { readSnapshot } from '../ledger/provisionings.ts';
import { linksOf, resultOf } from '../api/present.ts';
import type { Engine } from './engine.ts';

export type CallbackType =
  | 'provisioning.succeeded'
  | 'provisioning.failed'
  | 'provisioning.paused'
  | 'provisioning.cancelled'
  | 'provisioning.rolled_back'
  | 'provisioning.rollback_incomplete';

/** Returns the callback's id. Undefined: nobody asked to be called. */
export async function report(
  engine: Engine,
  db: Queryable,
  provisioningId: string,
  type: CallbackType,
): Promise<string | undefined> {
  const snapshot = await readSnapshot(db, provisioningId);
  if (snapshot === undefined) return undefined;
  const { provisioning } = snapshot;
  return insertCallback(db, provisioningId, type, (sequence) =>
    JSON.stringify({
      type,
      timestamp: new Date().toISOString(),
      data: {
        id: provisioning.id,
        clientId: provisioning.client_id,
        sequence,
        status: provisioning.status,
        rollback: { status: provisioning.rollback_status },
        result: resultOf(snapshot, engine.steps),
        failure: provisioning.failure ?? null,
        links: linksOf(engine.publicUrl, provisioning.id),
      },
    }),
  );
}

/** Best effort: a callback whose sender was not woken is found by the sweeper. */
export async function wakeSender(engine: Engine, callbackId: string | undefined): Promise<void> {
  if (callbackId === undefined) return;
  await engine.queues.addCallback(callbackId).catch((error: unknown) => {
    engine.log.warn({ err: error, callback: callbackId }, 'the queue did not take a callback');
  });
}

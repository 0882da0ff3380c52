/** The callback that tells of a change, written in the transaction of that change. */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { addCallback, type NewCallback } from '../ledger/callbacks.ts';
import type { Queryable } from '../ledger/pool.ts';
import { readSnapshot } from '../ledger/provisionings.ts';
import type { Snapshot } from '../ledger/rows.ts';
import type { Step } from '../steps/step.ts';
import type { callbackBody, callbackTypes } from './answers.ts';
import { linksOf, presentFailure, resultOf, warningsOf } from './present.ts';

export type CallbackType = (typeof callbackTypes)[number];

interface About {
  readonly steps: readonly Step[];
  readonly publicUrl: string;
}

/** The callback that tells of a provisioning as it is in a snapshot. Undefined: nobody asked to be called. */
export function callbackOf(snapshot: Snapshot, about: About, type: CallbackType): NewCallback | undefined {
  const { provisioning } = snapshot;
  if (provisioning.callback_url === undefined) return undefined;
  const sequence = provisioning.last_callback + 1;
  const body = {
    type,
    timestamp: new Date().toISOString(),
    data: {
      id: provisioning.id,
      clientId: provisioning.client_id,
      sequence,
      status: provisioning.status,
      rollback: { status: provisioning.rollback_status },
      result: resultOf(snapshot, about.steps),
      failure: presentFailure(snapshot),
      warnings: warningsOf(snapshot),
      links: linksOf(about.publicUrl, provisioning.id, provisioning.client_id),
    },
  } satisfies z.infer<typeof callbackBody>;
  return { id: randomUUID(), provisioningId: provisioning.id, sequence, type, body: JSON.stringify(body) };
}

/** Writes the callback, in the transaction of the change. Returns its id. Undefined: nobody asked to be called. */
export async function reportChange(
  db: Queryable,
  about: About,
  provisioningId: string,
  type: CallbackType,
): Promise<string | undefined> {
  const snapshot = await readSnapshot(db, provisioningId);
  const callback = snapshot && callbackOf(snapshot, about, type);
  if (callback !== undefined) await addCallback(db, callback);
  return callback?.id;
}

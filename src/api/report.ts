/** The callback that tells of a change, written in the transaction of that change. */
import type { z } from 'zod';
import { insertCallback } from '../ledger/callbacks.ts';
import type { Queryable } from '../ledger/pool.ts';
import { readSnapshot } from '../ledger/provisionings.ts';
import type { Step } from '../steps/step.ts';
import type { callbackBody, callbackTypes } from './answers.ts';
import { linksOf, presentFailure, resultOf, warningsOf } from './present.ts';

export type CallbackType = (typeof callbackTypes)[number];

/** Returns the callback's id. Undefined: nobody asked to be called. */
export async function reportChange(
  db: Queryable,
  about: { readonly steps: readonly Step[]; readonly publicUrl: string },
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
        result: resultOf(snapshot, about.steps),
        failure: presentFailure(snapshot),
        warnings: warningsOf(snapshot),
        links: linksOf(about.publicUrl, provisioning.id),
      },
    } satisfies z.infer<typeof callbackBody>),
  );
}

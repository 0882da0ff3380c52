/** The two flows of the product: making a client's stack, and undoing it. */
import type { ProvisioningRow, StepRow } from '../ledger/rows.ts';
import type { Queues } from './queues.ts';

export interface FlowOrder {
  readonly provisioning: Pick<ProvisioningRow, 'id' | 'client_id' | 'flow' | 'step_names'>;
  /** The steps that are left to do, in that order. */
  readonly remaining: readonly Pick<StepRow, 'position' | 'name'>[];
}

/** Enqueues the steps of a provisioning, one child job per step, and the root job that decides what follows. */
export async function provisionClient(queues: Queues, order: FlowOrder): Promise<void> {
  await queues.addFlow({ ...planOf(order), direction: 'run' });
}

/** Enqueues the undo of a provisioning's steps in reverse, and the root job that says how it ended. */
export async function rollbackProvisioning(queues: Queues, order: FlowOrder): Promise<void> {
  await queues.addFlow({ ...planOf(order), direction: 'undo' });
}

function planOf({ provisioning, remaining }: FlowOrder) {
  return {
    provisioningId: provisioning.id,
    clientId: provisioning.client_id,
    flow: provisioning.flow,
    work: remaining,
    total: provisioning.step_names.length,
  };
}

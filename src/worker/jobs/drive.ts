/** Puts what is left to do into the queue. */
import { passCrashPoint } from '../../crash-points.ts';
import { advanceFlow } from '../../ledger/endings.ts';
import type { Queryable } from '../../ledger/pool.ts';
import type { Snapshot, StepRow } from '../../ledger/rows.ts';
import { provisionClient, rollbackProvisioning } from '../../queue/enqueue.ts';
import { inTrace } from '../../telemetry/trace-parent.ts';
import type { Engine } from '../engine.ts';
import { directionOf, nextAction } from './next-action.ts';

/** Numbers the next flow and, once that is committed, enqueues it: the returned function does. */
export async function planNextFlow(
  engine: Engine,
  db: Queryable,
  snapshot: Snapshot,
): Promise<(() => Promise<void>) | undefined> {
  const { provisioning } = snapshot;
  const action = nextAction(snapshot);
  if (action.do === 'rest') return undefined;
  const direction = directionOf(action);
  const remaining: readonly StepRow[] = action.do === 'work' ? action.remaining : [];
  const flow = await advanceFlow(db, provisioning.id, provisioning.flow, engine.sweepIntervalMs);
  if (flow === undefined) return undefined;
  const order = { provisioning: { ...provisioning, flow }, remaining };
  return async () => {
    passCrashPoint('flow-numbered');
    const enqueue = direction === 'run' ? provisionClient : rollbackProvisioning;
    await inTrace(provisioning.trace_parent, () => enqueue(engine.queues, order)).catch((error: unknown) => {
      // The ledger has it; the sweeper enqueues it again.
      engine.log.warn({ err: error, provisioning: provisioning.id, flow }, 'the queue did not take a flow');
    });
  };
}

/** Puts what is left to do into the queue. */
import { passCrashPoint } from '../../crash-points.ts';
import { advanceFlow } from '../../ledger/endings.ts';
import type { Snapshot, StepRow } from '../../ledger/rows.ts';
import { provisionClient, rollbackProvisioning } from '../../queue/enqueue.ts';
import { inTrace } from '../../telemetry/trace-parent.ts';
import type { Engine } from '../engine.ts';
import { directionOf, nextAction, type NextAction } from './next-action.ts';

/** Numbers the next flow of a provisioning that nobody holds, and enqueues it. False: there is none to be enqueued. */
export async function driveOn(engine: Engine, snapshot: Snapshot): Promise<boolean> {
  const { id, flow } = snapshot.provisioning;
  const action = nextAction(snapshot);
  if (action.do === 'rest') return false;
  const next = await advanceFlow(engine.pool, id, flow, engine.sweepIntervalMs);
  if (next === undefined) return false;
  await enqueueFlow(engine, snapshot, action, next);
  return true;
}

/** Enqueues a flow whose number is committed. */
export async function enqueueFlow(
  engine: Engine,
  { provisioning }: Snapshot,
  action: Exclude<NextAction, { do: 'rest' }>,
  flow: number,
): Promise<void> {
  passCrashPoint('flow-numbered');
  const remaining: readonly StepRow[] = action.do === 'work' ? action.remaining : [];
  const order = { provisioning: { ...provisioning, flow }, remaining };
  const enqueue = directionOf(action) === 'run' ? provisionClient : rollbackProvisioning;
  await inTrace(provisioning.trace_parent, () => enqueue(engine.queues, order)).catch((error: unknown) => {
    // The ledger has it; the sweeper enqueues it again.
    engine.log.warn({ err: error, provisioning: provisioning.id, flow }, 'the queue did not take a flow');
  });
}

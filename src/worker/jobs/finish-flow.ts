/**
 * The root job of a flow: it runs when the chain below it has ended, reads the ledger and decides what follows.
 *
 * Never from what the queue thinks of the jobs: a job can fail there without its step having failed.
 */
import { z } from 'zod';
import { callbackOf, reportChange } from '../../api/report.ts';
import { passCrashPoint } from '../../crash-points.ts';
import { insertCallback } from '../../ledger/callbacks.ts';
import { beginRollback, endRollback } from '../../ledger/endings.ts';
import type { Snapshot } from '../../ledger/rows.ts';
import type { RootJobData } from '../../queue/flows.ts';
import { jobDone, type JobEnd, type QueueJob } from '../../queue/jobs.ts';
import { enqueueFlow } from './drive.ts';
import type { Engine } from '../engine.ts';
import type { Lease } from '../claim/lease.ts';
import { nextAction } from './next-action.ts';
import { wakeSender } from '../callbacks/wake-sender.ts';
import { withClaim } from '../claim/claim.ts';

const rootJobData = z.object({
  provisioningId: z.uuid(),
  flow: z.number(),
  direction: z.enum(['run', 'undo']),
}) satisfies z.ZodType<RootJobData>;

export async function finishFlow(engine: Engine, job: QueueJob): Promise<JobEnd> {
  const data = rootJobData.parse(job.data);
  return withClaim(engine, data, async (lease, { snapshot }) => {
    const action = nextAction(snapshot);
    const facts = { provisioning: data.provisioningId, client: snapshot.provisioning.client_id };
    if (action.do === 'succeed') {
      await succeed(engine, lease, snapshot);
      engine.log.info(facts, 'provisioning succeeded');
      return jobDone({ outcome: 'succeeded' });
    }
    if (action.do === 'end-rollback') {
      const outcome = await closeRollback(engine, lease);
      engine.log.info({ ...facts, outcome }, 'rollback ended');
      return jobDone({ outcome: `rollback ${outcome}` });
    }
    if (action.do === 'rest') {
      await lease.release('handed-on');
      return jobDone({ outcome: 'nothing to do' });
    }
    // Something is left: the rollback that a failure asks for, or a flow whose jobs got lost.
    await lease.write({
      parts: [],
      ending: { as: 'next-flow', sweepAfterMs: engine.sweepIntervalMs },
    });
    await enqueueFlow(engine, snapshot, action, data.flow + 1);
    return jobDone({ outcome: `${action.direction} goes on` });
  });
}

async function succeed(engine: Engine, lease: Lease, snapshot: Snapshot): Promise<void> {
  const provisioning = { ...snapshot.provisioning, status: 'succeeded' as const };
  const callback = callbackOf({ ...snapshot, provisioning }, engine, 'provisioning.succeeded');
  await lease.write({
    parts: [],
    events: [{ type: 'provisioning.succeeded', data: {} }],
    ending: { as: 'succeeded', callback: callback && insertCallback(callback) },
  });
  passCrashPoint('outcome-recorded');
  await wakeSender(engine, callback?.id);
}

async function closeRollback(engine: Engine, lease: Lease): Promise<'completed' | 'incomplete'> {
  const { outcome, callbackId } = await lease.transact(async (db) => {
    await beginRollback(db, lease.provisioningId);
    const ended = await endRollback(db, lease.provisioningId);
    const type = ended === 'completed' ? 'provisioning.rolled_back' : 'provisioning.rollback_incomplete';
    return { outcome: ended, callbackId: await reportChange(db, engine, lease.provisioningId, type) };
  });
  passCrashPoint('outcome-recorded');
  await wakeSender(engine, callbackId);
  return outcome;
}

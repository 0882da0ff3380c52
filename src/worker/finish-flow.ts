/**
 * The root job of a flow: it runs when the chain below it has ended, reads the ledger and decides what follows.
 *
 * Never from what the queue thinks of the jobs: a job can fail there without its step having failed.
 */
import { performance } from 'node:perf_hooks';
import type { Job } from 'bullmq';
import { z } from 'zod';
import { claimProvisioning, releaseLease } from '../ledger/claims.ts';
import { beginRollback, endRollback, succeedProvisioning } from '../ledger/endings.ts';
import type { RootJobData } from '../queue/flows.ts';
import { planNextFlow } from './drive.ts';
import type { Engine } from './engine.ts';
import { holdLease } from './lease.ts';
import { nextAction } from './next-action.ts';
import { postpone } from './postpone.ts';
import { report, wakeSender } from './report.ts';

const rootJobData = z.object({
  provisioningId: z.uuid(),
  flow: z.number(),
  direction: z.enum(['run', 'undo']),
}) satisfies z.ZodType<RootJobData>;

export async function finishFlow(engine: Engine, job: Job, token: string | undefined): Promise<unknown> {
  const data = rootJobData.parse(job.data);
  const claimedAt = performance.now();
  const result = await claimProvisioning(engine.pool, {
    provisioningId: data.provisioningId,
    flow: data.flow,
    leaseMs: engine.leaseMs,
    holder: engine.holder,
    graceMs: engine.sweepIntervalMs,
  });
  if (result.is === 'superseded') return { superseded: true };
  if (result.is === 'busy') return postpone(job, token, result.retryInMs);

  const { snapshot } = result.claim;
  const id = data.provisioningId;
  const lease = holdLease(engine.pool, result.claim, claimedAt, {
    leaseMs: engine.leaseMs,
    graceMs: engine.sweepIntervalMs,
  });
  try {
    const action = nextAction(snapshot);
    if (action.do === 'succeed') {
      const callbackId = await lease.write(async (db) => {
        await succeedProvisioning(db, id);
        return report(engine, db, id, 'provisioning.succeeded');
      });
      engine.log.info({ provisioning: id, client: snapshot.provisioning.client_id }, 'provisioning succeeded');
      await wakeSender(engine, callbackId);
      return { outcome: 'succeeded' };
    }
    if (action.do === 'end-rollback') {
      const ending = await lease.write(async (db) => {
        await beginRollback(db, id);
        const outcome = await endRollback(db, id);
        const type =
          outcome === 'completed' ? 'provisioning.rolled_back' : 'provisioning.rollback_incomplete';
        return { outcome, callbackId: await report(engine, db, id, type) };
      });
      engine.log.info(
        { provisioning: id, client: snapshot.provisioning.client_id, outcome: ending.outcome },
        'rollback ended',
      );
      await wakeSender(engine, ending.callbackId);
      return { outcome: `rollback ${ending.outcome}` };
    }
    // Something is left: the rollback that a failure asks for, or a flow whose jobs got lost.
    const enqueue = await lease.write(async (db) => {
      await releaseLease(db, id, engine.sweepIntervalMs);
      return planNextFlow(engine, db, snapshot);
    });
    await enqueue?.();
    return { outcome: action.do === 'rest' ? 'nothing to do' : `${action.direction} goes on` };
  } finally {
    lease.stop();
  }
}

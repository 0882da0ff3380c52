/** One job of one step, or of its undo: is it this one's turn? */
import { z } from 'zod';
import type { ProvisioningRow, Snapshot } from '../../ledger/rows.ts';
import type { StepJobData } from '../../queue/flows.ts';
import { jobDone, jobFailed, type JobEnd, type QueueJob } from '../../queue/jobs.ts';
import type { ClientOrder } from '../../provisioning.ts';
import { attemptStep } from './attempt-step.ts';
import type { Engine } from '../engine.ts';
import { nextAction } from './next-action.ts';
import { deadCheckMs } from '../background/sweep.ts';
import { withClaim } from '../claim/claim.ts';
import { openStepLedger } from '../effects/step-ledger.ts';

const stepJobData = z.object({
  provisioningId: z.uuid(),
  flow: z.number(),
  direction: z.enum(['run', 'undo']),
  position: z.number(),
  step: z.string(),
}) satisfies z.ZodType<StepJobData>;

export async function workStep(engine: Engine, job: QueueJob): Promise<JobEnd> {
  const data = stepJobData.parse(job.data);
  return withClaim(engine, data, async (lease, { at, begun, snapshot }) => {
    if (begun === undefined) {
      await lease.release('handed-on');
      return whyNotBegun(snapshot, data);
    }
    const step = engine.steps.find(({ name }) => name === data.step);
    if (step === undefined) throw new Error(`a claim was granted without the step ${data.step}`);
    const { provisioning } = snapshot;
    const key = {
      provisioningId: provisioning.id,
      direction: data.direction,
      position: data.position,
      name: data.step,
    };
    const scope = {
      pool: engine.pool,
      lease,
      ledger: openStepLedger(engine.pool, lease, key, { at, begun }),
      client: clientOf(provisioning),
      step,
      encryptionKeys: engine.encryptionKeys,
      limits: {
        timeoutMs: engine.timeoutMs,
        leaseMs: engine.leaseMs,
        settleMs: engine.settleMs,
        maxCalls: engine.patience.maxAttempts,
        mayBegin: engine.mayBegin,
        // Others look twice, `deadCheckMs` apart, before they take a process for dead.
        confirmPresence: () => engine.presence.confirm(deadCheckMs(engine.sweepIntervalMs) / 4),
      },
    };
    const { flow } = data;
    return attemptStep({ engine, lease, scope, key, flow, at, begun, snapshot, job });
  });
}

/** The step has ended, or an earlier one has not. */
function whyNotBegun(snapshot: Snapshot, { direction, position }: StepJobData): JobEnd {
  const action = nextAction(snapshot);
  const remaining = action.do === 'work' && action.direction === direction ? action.remaining : [];
  if (!remaining.some((step) => step.position === position)) return jobDone({ done: true });
  return jobFailed('an earlier step is not done: the root job builds the flow again');
}

function clientOf(row: ProvisioningRow): ClientOrder {
  return {
    provisioningId: row.id,
    clientId: row.client_id,
    clientName: row.client_name,
    orgEmail: row.org_email,
    tier: row.tier,
  };
}

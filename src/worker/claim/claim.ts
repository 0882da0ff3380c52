/** Claims the provisioning of a job, and works on it for as long as the lease lasts. */
import { performance } from 'node:perf_hooks';
import { passCrashPoint } from '../../crash-points.ts';
import { claimProvisioning, manyClaims, type Claim } from '../../ledger/claims.ts';
import { readSnapshot } from '../../ledger/provisionings.ts';
import type { RootJobData } from '../../queue/flows.ts';
import { jobDone, jobLater, type JobEnd } from '../../queue/jobs.ts';
import { inTrace } from '../../telemetry/trace-parent.ts';
import type { Engine } from '../engine.ts';
import { holdLease, type Lease } from './lease.ts';

/** A job of an older flow does nothing; one whose provisioning is held by another worker comes again. */
export async function withClaim(
  engine: Engine,
  data: RootJobData & { readonly position?: number },
  work: (lease: Lease, claim: Claim) => Promise<JobEnd>,
): Promise<JobEnd> {
  // Without a session of its own this process counts as dead, and must not take anything.
  const { presence } = engine;
  const presenceLost = presence.signal();
  if (presenceLost.aborted) return jobLater(500);
  const claimedAt = performance.now();
  const { leaseMs } = engine;
  const result = await claimProvisioning(engine.transitions, {
    provisioningId: data.provisioningId,
    flow: data.flow,
    ...(data.position === undefined ? {} : { step: { direction: data.direction, position: data.position } }),
    holder: presence.holder(),
    stepNames: engine.steps.map(({ name }) => name),
    leaseMs,
    graceMs: engine.sweepIntervalMs,
  });
  engine.metrics.claims.inc({ result: result.is });
  if (result.is === 'superseded') return jobDone({ superseded: true });
  if (result.is === 'busy') return jobLater(result.retryInMs);
  if (result.is === 'unknown-steps') {
    warnOnce(engine, data.provisioningId, result.names);
    // By chance, so that it does not keep coming back to the same worker.
    return jobLater(engine.sweepIntervalMs * (0.2 + Math.random() * 0.8));
  }
  passCrashPoint('claimed');
  const { unreturned } = result.claim;
  if (unreturned >= manyClaims)
    engine.log.error(
      { provisioning: data.provisioningId, claims: unreturned },
      'every worker that took this provisioning has died: the next one waits twice as long, up to a minute',
    );
  const lease = holdLease(engine, result.claim, claimedAt, {
    leaseMs,
    presenceLost,
    metrics: engine.metrics,
  });
  try {
    const { claim } = result;
    return await inTrace(claim.snapshot.provisioning.trace_parent, () => work(lease, claim));
  } catch (error) {
    if (!(await wasCancelled(engine, result.claim))) throw error;
    // The run could not write because of the cancel, which no longer matters: its undo follows.
    engine.log.info({ provisioning: data.provisioningId }, 'a cancel has ended this run');
    await lease.release(engine.sweepIntervalMs).catch(() => {});
    return jobLater(50);
  } finally {
    lease.stop();
  }
}

/** Provisionings that this process has warned about; forgotten when they are too many. */
const warnedAbout = new Set<string>();

/** An older or a newer program than the one that accepted it must not guess. */
function warnOnce(engine: Engine, provisioningId: string, steps: readonly string[]): void {
  if (warnedAbout.has(provisioningId)) return;
  if (warnedAbout.size >= 1000) warnedAbout.clear();
  warnedAbout.add(provisioningId);
  engine.log.warn(
    { provisioning: provisioningId, steps },
    'this worker lacks steps of a provisioning, and leaves it to one that has them',
  );
}

/** True where the provisioning was cancelled after it was claimed. */
async function wasCancelled(engine: Engine, { provisioningId, snapshot }: Claim): Promise<boolean> {
  if (snapshot.provisioning.status === 'cancelled') return false;
  const now = await readSnapshot(engine.pool, provisioningId).catch(() => undefined);
  return now?.provisioning.status === 'cancelled';
}

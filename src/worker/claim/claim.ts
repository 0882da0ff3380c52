/** Claims the provisioning of a job, and works on it for as long as the lease lasts. */
import { performance } from 'node:perf_hooks';
import { passCrashPoint } from '../../crash-points.ts';
import { claimProvisioning, manyClaims, type Claim, type ClaimResult } from '../../ledger/claims.ts';
import { readSnapshot } from '../../ledger/provisionings.ts';
import { jobDone, jobLater, type JobEnd } from '../../queue/jobs.ts';
import { inTrace } from '../../telemetry/trace-parent.ts';
import type { Engine } from '../engine.ts';
import type { ClaimedBy } from './handed-on.ts';
import { holdLease, type Lease } from './lease.ts';

type Result = ClaimResult & { readonly wasHandedOn?: boolean };

/** A job of an older flow does nothing; one whose provisioning is held by another worker comes again. */
export async function withClaim(
  engine: Engine,
  data: ClaimedBy,
  work: (lease: Lease, claim: Claim) => Promise<JobEnd>,
): Promise<JobEnd> {
  // Without a session of its own this process counts as dead, and must not take anything.
  const { presence } = engine;
  const presenceLost = presence.signal();
  if (presenceLost.aborted) return jobLater(500);
  const claimedAt = performance.now();
  const { leaseMs } = engine;
  const result = await takeUp(engine, data);
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
  const lease = holdLease(engine, { ...result.claim, wasHandedOn: result.wasHandedOn ?? false }, claimedAt, {
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
    await lease.release('handed-on').catch(() => {});
    return jobLater(50);
  } finally {
    lease.stop();
  }
}

/** Takes up what this process has handed on to this job, and claims where it has not. */
async function takeUp(engine: Engine, data: ClaimedBy): Promise<Result> {
  const handedOn = engine.handedOn.take(data);
  if (handedOn !== undefined) return { is: 'claimed', claim: handedOn, wasHandedOn: true };
  const { provisioningId, flow, direction, position } = data;
  return claimProvisioning(engine.transitions, {
    provisioningId,
    flow,
    ...(position === undefined ? {} : { step: { direction, position } }),
    holder: engine.presence.holder(),
    stepNames: engine.steps.map(({ name }) => name),
    leaseMs: engine.leaseMs,
    graceMs: engine.sweepIntervalMs,
  });
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

/** Claims the provisioning of a job, and works on it for as long as the lease lasts. */
import { performance } from 'node:perf_hooks';
import type { Job } from 'bullmq';
import { passCrashPoint } from '../crash-points.ts';
import { claimProvisioning } from '../ledger/claims.ts';
import type { Snapshot } from '../ledger/rows.ts';
import type { RootJobData } from '../queue/flows.ts';
import type { Engine } from './engine.ts';
import { holdLease, type Lease } from './lease.ts';
import { postpone } from './postpone.ts';

/** A job of an older flow does nothing; one whose provisioning is held by another worker comes again. */
export async function withClaim(
  engine: Engine,
  job: Job,
  token: string | undefined,
  data: RootJobData,
  work: (lease: Lease, snapshot: Snapshot) => Promise<unknown>,
): Promise<unknown> {
  // Without a session of its own this process counts as dead, and must not take anything.
  const { presence } = engine;
  const presenceLost = presence.signal();
  if (presenceLost.aborted) return postpone(job, token, 500);
  const claimedAt = performance.now();
  const times = { leaseMs: engine.leaseMs, graceMs: engine.sweepIntervalMs };
  const result = await claimProvisioning(engine.pool, {
    provisioningId: data.provisioningId,
    flow: data.flow,
    holder: presence.holder(),
    ...times,
  });
  if (result.is === 'superseded') return { superseded: true };
  if (result.is === 'busy') return postpone(job, token, result.retryInMs);
  passCrashPoint('claimed');
  const lease = holdLease(engine.pool, result.claim, claimedAt, { ...times, presenceLost });
  try {
    return await work(lease, result.claim.snapshot);
  } finally {
    lease.stop();
  }
}

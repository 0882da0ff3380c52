/**
 * The right of this worker to work on one provisioning, for as long as it lasts.
 *
 * The database's clock decides about writes. For calls to providers the worker keeps a deadline of its own, on a
 * monotonic clock, counted from before each renewal was asked for: it is never later than the database's.
 */
import { LeaseLost } from '../../errors.ts';
import { PermitRefused } from '../../http/permit.ts';
import { releaseLease, renewLease, withFence, type Claim } from '../../ledger/claims.ts';
import type { Pool, Queryable } from '../../ledger/pool.ts';
import type { WorkerMetrics } from '../../metrics/worker-metrics.ts';
import type { ProvisioningStatus } from '../../provisioning.ts';

export interface LeaseSettings {
  readonly leaseMs: number;
  readonly graceMs: number;
  /** Others may take this process for dead from then on. */
  readonly presenceLost: AbortSignal;
  readonly metrics: Pick<WorkerMetrics, 'leasesLost' | 'staleWritesRefused'>;
}

export interface Lease {
  readonly provisioningId: string;
  readonly epoch: number;
  /** Aborted when the lease is lost or over. */
  readonly signal: AbortSignal;
  remainingMs(): number;
  /**
   * Makes the lease last for at least that long from now. Throws LeaseLost; PermitRefused when the provisioning was
   * cancelled since it was claimed.
   */
  ensure(ms: number): Promise<void>;
  /** A transaction that only the holder may commit. */
  write<T>(work: (db: Queryable) => Promise<T>): Promise<T>;
  /** Gives it back without having changed anything, as far as that can be done. */
  release(sweepAfterMs: number): Promise<void>;
  /** Ends the renewals. */
  stop(): void;
}

/** `claimedAt`: `performance.now()` from before the claim was asked for. */
export function holdLease(pool: Pool, claim: Claim, claimedAt: number, settings: LeaseSettings): Lease {
  const controller = new AbortController();
  let deadline = claimedAt + settings.leaseMs;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const lose = (reason: 'taken' | 'run-out' | 'presence') => {
    if (controller.signal.aborted) return;
    settings.metrics.leasesLost.inc({ reason });
    controller.abort(new LeaseLost(claim.provisioningId));
  };
  const remainingMs = () => (controller.signal.aborted ? 0 : deadline - performance.now());

  async function renew(ms: number): Promise<ProvisioningStatus> {
    const askedAt = performance.now();
    try {
      const status = await renewLease(pool, claim, ms, settings.graceMs);
      deadline = Math.max(deadline, askedAt + ms);
      return status;
    } catch (error) {
      if (error instanceof LeaseLost) lose('taken');
      throw error;
    }
  }

  function schedule(): void {
    timer = setTimeout(() => void beat(), Math.min(settings.leaseMs / 3, Math.max(remainingMs(), 0)));
    timer.unref();
  }

  async function beat(): Promise<void> {
    // A database that cannot be asked is asked again until the lease is over.
    if (remainingMs() <= 0) lose('run-out');
    else await renew(settings.leaseMs).catch(() => {});
    if (!isStopped && !controller.signal.aborted) schedule();
  }

  const onPresenceLost = () => lose('presence');
  settings.presenceLost.addEventListener('abort', onPresenceLost);
  if (settings.presenceLost.aborted) lose('presence');
  schedule();
  return {
    provisioningId: claim.provisioningId,
    epoch: claim.epoch,
    signal: controller.signal,
    remainingMs,
    async ensure(ms) {
      controller.signal.throwIfAborted();
      // Asked even where it lasts long enough: the same statement tells whether a call may still begin.
      const status = await renew(Math.max(ms, settings.leaseMs));
      if (status === 'cancelled' && claim.snapshot.provisioning.status !== 'cancelled')
        throw new PermitRefused('the provisioning was cancelled');
    },
    async write(work) {
      controller.signal.throwIfAborted();
      return withFence(pool, claim, work).catch((error: unknown) => {
        if (error instanceof LeaseLost) settings.metrics.staleWritesRefused.inc();
        throw error;
      });
    },
    async release(sweepAfterMs) {
      await withFence(pool, claim, (db) => releaseLease(db, claim.provisioningId, sweepAfterMs));
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
      settings.presenceLost.removeEventListener('abort', onPresenceLost);
    },
  };
}

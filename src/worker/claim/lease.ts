/**
 * The right of this worker to work on one provisioning, for as long as it lasts.
 *
 * The database's clock decides about writes. For calls to providers the worker keeps a deadline of its own, on a
 * monotonic clock, counted from before each renewal was asked for: it is never later than the database's.
 */
import { LeaseLost } from '../../errors.ts';
import { type Claim } from '../../ledger/claims.ts';
import { renewLease, withFence, writeAsHolder, type HolderWrite, type Written } from '../../ledger/holder.ts';
import type { Queryable } from '../../ledger/pool.ts';
import type { WorkerMetrics } from '../../metrics/worker-metrics.ts';
import type { Engine } from '../engine.ts';

export interface LeaseSettings {
  readonly leaseMs: number;
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
   * One statement that only the holder may commit. Throws LeaseLost; and WasCancelled where it is a gate and the
   * provisioning was cancelled since it was claimed.
   */
  write(write: HolderWrite, onSent?: () => void): Promise<Written>;
  /** A transaction that only the holder may commit. Throws LeaseLost. */
  transact<T>(work: (db: Queryable) => Promise<T>): Promise<T>;
  /** Gives it back, or hands it on, without having changed anything. */
  release(as: 'handed-on' | 'given-back'): Promise<void>;
  /** Ends the renewals. */
  stop(): void;
}

/**
 * `claimedAt`: `performance.now()` from before the claim was asked for. A claim that was handed on begins its lease with its
 * first write; until then nobody else need wait for it.
 */
export function holdLease(
  { pool, transitions, sweepIntervalMs }: Pick<Engine, 'pool' | 'transitions' | 'sweepIntervalMs'>,
  claim: Claim & { readonly wasHandedOn: boolean },
  claimedAt: number,
  settings: LeaseSettings,
): Lease {
  const controller = new AbortController();
  let deadline = claimedAt + settings.leaseMs;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let takesUp = claim.wasHandedOn;
  const holder = () => ({ provisioningId: claim.provisioningId, epoch: claim.epoch, takesUp });

  const lose = (reason: 'taken' | 'run-out' | 'presence') => {
    if (controller.signal.aborted) return;
    settings.metrics.leasesLost.inc({ reason });
    controller.abort(new LeaseLost(claim.provisioningId));
  };
  const remainingMs = () => (controller.signal.aborted ? 0 : deadline - performance.now());
  const lastsFor = (ms: number, askedAt: number) => {
    deadline = Math.max(deadline, askedAt + ms);
  };

  function schedule(): void {
    timer = setTimeout(() => void beat(), Math.min(settings.leaseMs / 3, Math.max(remainingMs(), 0)));
    timer.unref();
  }

  async function beat(): Promise<void> {
    // A database that cannot be asked is asked again until the lease is over.
    if (remainingMs() <= 0) lose('run-out');
    else await renew().catch(() => {});
    if (!isStopped && !controller.signal.aborted) schedule();
  }

  async function renew(): Promise<void> {
    const askedAt = performance.now();
    try {
      await renewLease(pool, holder(), settings.leaseMs);
      takesUp = false;
      lastsFor(settings.leaseMs, askedAt);
    } catch (error) {
      if (error instanceof LeaseLost) lose('taken');
      throw error;
    }
  }

  async function refusable<T>(written: Promise<T>): Promise<T> {
    try {
      return await written;
    } catch (error) {
      if (error instanceof LeaseLost) {
        settings.metrics.staleWritesRefused.inc();
        lose('taken');
      }
      throw error;
    }
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
    async write(write, onSent) {
      controller.signal.throwIfAborted();
      const askedAt = performance.now();
      // The undo of a cancelled provisioning may begin calls.
      const isGate = write.isGate && claim.snapshot.provisioning.status !== 'cancelled';
      const leaseMs = write.leaseMs ?? (takesUp ? settings.leaseMs : undefined);
      const whole = { ...write, isGate, ...(leaseMs !== undefined && { leaseMs }) };
      const written = await refusable(writeAsHolder(transitions, holder(), whole, onSent));
      takesUp = false;
      if (leaseMs !== undefined) lastsFor(leaseMs, askedAt);
      return written;
    },
    async transact(work) {
      controller.signal.throwIfAborted();
      if (takesUp) await renew();
      return refusable(withFence(pool, claim, work));
    },
    async release(as) {
      await writeAsHolder(transitions, holder(), {
        parts: [],
        ending: { as, sweepAfterMs: sweepIntervalMs },
      });
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
      settings.presenceLost.removeEventListener('abort', onPresenceLost);
    },
  };
}

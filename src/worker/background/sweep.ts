/**
 * Finds work that no live job holds, and drives it on.
 *
 * The queue may lose, double or delay anything at any time; the ledger knows what should have happened by now.
 */
import { performance } from 'node:perf_hooks';
import { passCrashPoint } from '../../crash-points.ts';
import { listDueCallbacks } from '../../ledger/callbacks.ts';
import { isDatabaseAway } from '../../ledger/pool.ts';
import { readSnapshot } from '../../ledger/provisionings.ts';
import { listDeadHolders, revokeLeases } from '../../ledger/presence.ts';
import type { Snapshot } from '../../ledger/rows.ts';
import { listOverdue, postponeSweep } from '../../ledger/sweep.ts';
import { queueNames, rootJobId, stepJobId } from '../../queue/flows.ts';
import { inTrace } from '../../telemetry/trace-parent.ts';
import { hourlyCleanUp } from './clean-up.ts';
import { repeat, type Repetition } from './repeat.ts';
import { driveOn } from '../jobs/drive.ts';
import type { Engine } from '../engine.ts';
import { directionOf, nextAction } from '../jobs/next-action.ts';

const batch = 200;

/** One round over what is overdue for that long. */
async function sweep(engine: Engine, overdueMs: number): Promise<void> {
  for (const id of await listOverdue(engine.pool, batch, overdueMs)) {
    if (!engine.mayBegin()) return;
    await sweepOne(engine, id).catch((error: unknown) => {
      // One that cannot be read, say, must not keep the others waiting.
      if (isDatabaseAway(error)) throw error;
      engine.log.error(
        { err: error, provisioning: id },
        'a provisioning that stands still could not be enqueued again',
      );
    });
  }
  for (const { id, traceParent } of await listDueCallbacks(engine.pool, { limit: batch, overdueMs }))
    await inTrace(traceParent, () => engine.queues.addCallback(id));
}

async function sweepOne(engine: Engine, id: string): Promise<void> {
  const snapshot = await readSnapshot(engine.pool, id);
  if (snapshot === undefined) return;
  if (await isWaitingInQueue(engine, snapshot)) {
    await postponeSweep(engine.pool, id, engine.sweepIntervalMs);
    return;
  }
  passCrashPoint('sweeping');
  if (!(await driveOn(engine, snapshot))) return;
  engine.metrics.workDrivenOn.inc();
  engine.log.warn(
    { provisioning: id, client: snapshot.provisioning.client_id },
    'a provisioning had no job: it is enqueued again',
  );
}

/** A job in line behind others is in good hands. One that is delayed beyond its time, or active without a claim, is not. */
async function isWaitingInQueue(engine: Engine, { provisioning, steps }: Snapshot): Promise<boolean> {
  const action = nextAction({ provisioning, steps });
  if (action.do === 'rest') return false;
  const direction = directionOf(action);
  const plan = { provisioningId: provisioning.id, flow: provisioning.flow, direction } as const;
  const [next] = action.do === 'work' ? action.remaining : [];
  const jobId = next === undefined ? rootJobId(plan) : stepJobId(plan, next.position);
  const state = await engine.queues.getJobState(queueNames[direction], jobId);
  return state === 'waiting' || state === 'prioritized';
}

/** How often dead workers are looked for. Two looks in a row must agree. */
export const deadCheckMs = (sweepIntervalMs: number): number => Math.min(sweepIntervalMs, 1000);

/** Ends the leases of workers that are gone, so that their work goes on before the leases are over. */
function deadHolderWatch(engine: Engine): () => Promise<number> {
  let suspects = new Set<string>();
  return async () => {
    const dead = await listDeadHolders(engine.pool);
    const confirmed = dead.filter((holder) => suspects.has(holder));
    suspects = new Set(dead);
    if (confirmed.length === 0) return 0;
    const { leases, handedOn, callbacks } = await revokeLeases(engine.pool, confirmed);
    engine.metrics.leasesRevoked.inc(leases);
    if (leases + callbacks.length > 0)
      engine.log.warn(
        { leases, callbacks: callbacks.length },
        'a worker is gone: others take over its provisionings',
      );
    for (const { id, traceParent } of callbacks)
      await inTrace(traceParent, () => engine.queues.addCallback(id, { isAbandoned: true }));
    return leases + handedOn;
  };
}

/**
 * Sweeps now and then every interval, until stopped. A round that fails is logged, and the next one tries again.
 *
 * One worker leads and does so for all. The others take only what it has left lying: a leader that is frozen keeps its
 * lock. Two who sweep at once do no harm.
 */
export function startSweeper(engine: Engine): Repetition {
  const intervalMs = deadCheckMs(engine.sweepIntervalMs);
  const revokeDead = deadHolderWatch(engine);
  const cleanUp = hourlyCleanUp(engine);
  let isLeader = false;
  let sweptAt = -Infinity;
  const lead = async () => {
    const wasLeader = isLeader;
    isLeader = await engine.presence.lead().catch(() => false);
    if (!isLeader || wasLeader) return;
    engine.log.info('this worker leads: it looks for provisionings whose work was lost');
    sweptAt = -Infinity;
  };
  const round = async () => {
    try {
      await lead();
      const revoked = isLeader ? await revokeDead() : 0;
      if (revoked > 0 || performance.now() - sweptAt >= engine.sweepIntervalMs) {
        sweptAt = performance.now();
        await sweep(engine, isLeader ? 0 : 2 * engine.sweepIntervalMs);
        if (isLeader) await cleanUp();
        engine.metrics.sweeps.inc({ outcome: 'done' });
      }
    } catch (error) {
      engine.metrics.sweeps.inc({ outcome: 'failed' });
      engine.log.warn({ err: error }, 'a sweep failed');
    }
  };
  return repeat(round, { intervalMs });
}

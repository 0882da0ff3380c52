/**
 * Finds work that no live job holds, and drives it on.
 *
 * The queue may lose, double or delay anything at any time; the ledger knows what should have happened by now.
 */
import { performance } from 'node:perf_hooks';
import { listDueCallbacks } from '../ledger/callbacks.ts';
import { inTransaction } from '../ledger/pool.ts';
import { readSnapshot } from '../ledger/provisionings.ts';
import { listDeadHolders, revokeLeases } from '../ledger/presence.ts';
import type { Snapshot } from '../ledger/rows.ts';
import { listOverdue, postponeSweep } from '../ledger/sweep.ts';
import { queueNames, rootJobId, stepJobId } from '../queue/flows.ts';
import { planNextFlow } from './drive.ts';
import type { Engine } from './engine.ts';
import { nextAction } from './next-action.ts';

const batch = 200;

/** One round. Returns how many flows it built again. */
async function sweep(engine: Engine): Promise<number> {
  let driven = 0;
  for (const id of await listOverdue(engine.pool, batch)) {
    if (!engine.mayBegin()) return driven;
    if (await sweepOne(engine, id)) driven += 1;
  }
  for (const id of await listDueCallbacks(engine.pool, { limit: batch })) await engine.queues.addCallback(id);
  return driven;
}

async function sweepOne(engine: Engine, id: string): Promise<boolean> {
  const snapshot = await readSnapshot(engine.pool, id);
  if (snapshot === undefined) return false;
  if (await isWaitingInQueue(engine, snapshot)) {
    await postponeSweep(engine.pool, id, engine.sweepIntervalMs);
    return false;
  }
  const enqueue = await inTransaction(engine.pool, (db) => planNextFlow(engine, db, snapshot));
  if (enqueue === undefined) return false;
  engine.log.warn(
    { provisioning: id, client: snapshot.provisioning.client_id },
    'work without a job is driven on',
  );
  await enqueue();
  return true;
}

/** A job in line behind others is in good hands. One that is delayed beyond its time, or active without a claim, is not. */
async function isWaitingInQueue(engine: Engine, { provisioning, steps }: Snapshot): Promise<boolean> {
  const action = nextAction({ provisioning, steps });
  if (action.do === 'rest') return false;
  const direction = action.do === 'work' ? action.direction : action.do === 'succeed' ? 'run' : 'undo';
  const plan = { provisioningId: provisioning.id, flow: provisioning.flow, direction } as const;
  const [next] = action.do === 'work' ? action.remaining : [];
  const jobId = next === undefined ? rootJobId(plan) : stepJobId(plan, next.position);
  const state = await engine.queues.getJobState(queueNames[direction], jobId);
  return state === 'waiting' || state === 'prioritized';
}

/** How often dead workers are looked for. Two looks in a row must agree. */
const deadCheckMs = 1000;

/** Ends the leases of workers that are gone, so that their work goes on before the leases are over. */
function deadHolderWatch(engine: Engine): () => Promise<number> {
  let suspects = new Set<string>();
  return async () => {
    const dead = await listDeadHolders(engine.pool);
    const confirmed = dead.filter((holder) => suspects.has(holder));
    suspects = new Set(dead);
    if (confirmed.length === 0) return 0;
    const revoked = await revokeLeases(engine.pool, confirmed);
    if (revoked > 0) engine.log.warn({ leases: revoked }, 'a worker is gone; its work goes on');
    return revoked;
  };
}

export interface Sweeper {
  stop(): Promise<void>;
}

/** Sweeps now and then every interval, until stopped. A round that fails is logged, and the next one tries again. */
export function startSweeper(engine: Engine): Sweeper {
  const intervalMs = Math.min(engine.sweepIntervalMs, deadCheckMs);
  const revokeDead = deadHolderWatch(engine);
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let sweptAt = -Infinity;
  let round = Promise.resolve();
  const run = async () => {
    try {
      const revoked = await revokeDead();
      if (revoked > 0 || performance.now() - sweptAt >= engine.sweepIntervalMs) {
        sweptAt = performance.now();
        await sweep(engine);
      }
    } catch (error) {
      engine.log.warn({ err: error }, 'a sweep failed');
    }
    if (!isStopped) timer = setTimeout(next, intervalMs);
  };
  const next = () => {
    round = run();
  };
  next();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}

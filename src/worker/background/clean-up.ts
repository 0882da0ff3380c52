/** Keeps ledger and queue from growing for ever: what is undone completely, and jobs that have ended, go when their time is over. */
import { performance } from 'node:perf_hooks';
import { deleteOldAnswers } from '../../ledger/idempotency.ts';
import { deleteUndone } from '../../ledger/retention.ts';
import type { Engine } from '../engine.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const batch = 100;

/** The returned function cleans up at its first call; then the queue once a minute, and the ledger once an hour. */
export function regularCleanUp(engine: Engine): () => Promise<void> {
  const cleanQueue = atMostEvery(minuteMs, () => engine.queues.removeOldJobs());
  const cleanLedger = atMostEvery(hourMs, () => cleanUpLedger(engine));
  return async () => {
    await cleanQueue();
    await cleanLedger();
  };
}

/** One that fails is tried again at the next call. */
function atMostEvery(ms: number, work: () => Promise<void>): () => Promise<void> {
  let doneAt = -Infinity;
  return async () => {
    if (performance.now() - doneAt < ms) return;
    await work();
    doneAt = performance.now();
  };
}

async function cleanUpLedger(engine: Engine): Promise<void> {
  await deleteOldAnswers(engine.pool);
  let total = 0;
  let deleted = engine.retentionDays === 0 ? 0 : batch;
  // Small transactions, so that nobody waits for them.
  while (deleted === batch && engine.mayBegin()) {
    deleted = await deleteUndone(engine.pool, engine.retentionDays, batch);
    total += deleted;
  }
  if (total > 0)
    engine.log.info(
      { provisionings: total },
      'provisionings that were undone more than RETENTION_DAYS ago are deleted',
    );
}

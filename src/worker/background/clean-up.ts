/** Keeps ledger and queue from growing for ever: what is undone completely, and jobs that have ended, go when their time is over. */
import { performance } from 'node:perf_hooks';
import { deleteExpiredSessions } from '../../ledger/browser-sessions.ts';
import { deleteOldAnswers } from '../../ledger/idempotency.ts';
import { deleteUndone } from '../../ledger/retention.ts';
import { tellSignInFailures } from '../../ledger/sign-in-failures.ts';
import type { Engine } from '../engine.ts';
import { repeat, type Repetition } from './repeat.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const batch = 100;

/** The returned function cleans up the ledger at its first call, and then once an hour. */
export function hourlyCleanUp(engine: Engine): () => Promise<void> {
  let cleanedAt = -Infinity;
  return async () => {
    if (performance.now() - cleanedAt < hourMs) return;
    await cleanUpLedger(engine);
    cleanedAt = performance.now();
  };
}

/**
 * Removes old jobs once a minute. A round that fails is logged, and the next one tries again. Each worker does so: what one
 * has removed the others do not find.
 */
export function startQueueCleanUp({ queues, log }: Pick<Engine, 'queues' | 'log'>): Repetition {
  const round = async () => {
    try {
      await queues.removeOldJobs();
    } catch (error) {
      log.warn({ err: error }, 'old jobs could not be removed from the queue');
    }
  };
  return repeat(round, { intervalMs: minuteMs, waitsFirst: true });
}

async function cleanUpLedger(engine: Engine): Promise<void> {
  await deleteOldAnswers(engine.pool);
  await deleteExpiredSessions(engine.pool);
  await tellSignInFailures(engine.pool);
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

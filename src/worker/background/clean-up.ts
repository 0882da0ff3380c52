/** Keeps the ledger from growing for ever: what is undone completely goes when its time is over. */
import { performance } from 'node:perf_hooks';
import { deleteOldAnswers } from '../../ledger/idempotency.ts';
import { deleteUndone } from '../../ledger/retention.ts';
import type { Engine } from '../engine.ts';

const hourMs = 3_600_000;
const batch = 100;

/** The returned function cleans up at its first call, and then once an hour. */
export function hourlyCleanUp(engine: Engine): () => Promise<void> {
  let cleanedAt = -Infinity;
  return async () => {
    if (performance.now() - cleanedAt < hourMs) return;
    await deleteOldAnswers(engine.pool);
    let total = 0;
    let deleted = engine.retentionDays === 0 ? 0 : batch;
    // Small transactions, so that nobody waits for them.
    while (deleted === batch && engine.mayBegin()) {
      deleted = await deleteUndone(engine.pool, engine.retentionDays, batch);
      total += deleted;
    }
    cleanedAt = performance.now();
    if (total > 0)
      engine.log.info(
        { provisionings: total },
        'provisionings that were undone more than RETENTION_DAYS ago are deleted',
      );
  };
}

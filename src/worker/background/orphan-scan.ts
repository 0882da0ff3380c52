/**
 * Looks for orphans once an hour, whichever worker comes first, and keeps the report where the API finds it.
 *
 * The providers' tokens are the worker's. It works beside the sweeper and never for it: whatever goes wrong here is
 * logged, and looked into again later.
 */
import { claimOrphanScan, giveUpOrphanScan, storeOrphanReport } from '../../ledger/orphans.ts';
import { scanOrphans } from '../../orphans/scan.ts';
import type { Engine } from '../engine.ts';
import { repeat, type Repetition } from './repeat.ts';

const intervalMs = 60 * 60 * 1000;
/** The longest that one look takes. */
const deadlineMs = 60 * 1000;
/** After that time another worker scans in place of one that died on the way. */
const claimMs = 5 * deadlineMs;

type ScanEngine = Pick<
  Engine,
  'pool' | 'log' | 'steps' | 'environment' | 'timeoutMs' | 'sweepIntervalMs' | 'mayBegin'
>;

/** One look, if it is due and no other worker has it. Never throws. */
async function scanOrphansWhenDue(engine: ScanEngine, stopped: AbortSignal): Promise<void> {
  const { pool, log } = engine;
  try {
    if (!engine.mayBegin() || !(await claimOrphanScan(pool, claimMs))) return;
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(deadlineMs)]);
    const report = await scanOrphans(pool, { ...engine, signal }).catch(async (error: unknown) => {
      await giveUpOrphanScan(pool);
      throw error;
    });
    if (stopped.aborted) {
      await giveUpOrphanScan(pool);
      return;
    }
    await storeOrphanReport(pool, report, intervalMs);
    const facts = { orphans: report.items.length, errors: report.errors };
    if (facts.orphans > 0 || facts.errors.length > 0) log.warn(facts, 'the scan for orphans has ended');
    else log.info(facts, 'the scan for orphans has ended');
  } catch (error) {
    if (!stopped.aborted) log.warn({ err: error }, 'the scan for orphans failed');
  }
}

/** Asks every interval of the sweeper whether a look is due, until stopped. */
export function startOrphanScanner(engine: ScanEngine): Repetition {
  const stopping = new AbortController();
  const repetition = repeat(() => scanOrphansWhenDue(engine, stopping.signal), {
    intervalMs: engine.sweepIntervalMs,
    waitsFirst: true,
  });
  return {
    async stop() {
      stopping.abort();
      await repetition.stop();
    },
  };
}

/** Reads where the time of a provisioning went. */
import { timelineOf, type TimelineRow } from '../api/timeline.ts';
import { listStepEvents } from '../ledger/events.ts';
import type { Queryable } from '../ledger/pool.ts';
import { readSnapshot } from '../ledger/provisionings.ts';

/** Undefined: there is none of that id. */
export async function readTimeline(db: Queryable, id: string): Promise<TimelineRow[] | undefined> {
  const snapshot = await readSnapshot(db, id);
  return snapshot && timelineOf(snapshot.steps, await listStepEvents(db, id));
}

/** An event of a provisioning's history as callers see it. */
import type { EventRow } from '../ledger/events.ts';

export function presentEvent({ sequence, type, at, data }: EventRow) {
  return { sequence, type, at: at.toISOString(), data };
}

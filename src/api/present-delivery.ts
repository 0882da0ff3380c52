/** A callback as callers see it. Its body is what was sent, and holds no secret. */
import type { Delivery } from '../ledger/delivery.ts';

export function presentDelivery(row: Delivery) {
  return {
    id: row.id,
    sequence: row.sequence,
    type: row.type,
    state: row.state,
    attempts: row.recent,
    attemptCount: row.attempts,
    createdAt: row.created_at.toISOString(),
    deliveredAt: row.delivered_at?.toISOString() ?? null,
    nextAttemptAt: row.state === 'pending' ? row.due_at.toISOString() : null,
  };
}

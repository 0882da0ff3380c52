/** A report of orphans as callers see it. */
import type { OrphanReport } from '../ledger/orphans.ts';

/** The JSON of `GET /api/orphans`, and of `npm run orphans -- --json`. */
export function presentOrphans({ checkedAt, items, errors }: OrphanReport) {
  return { checkedAt: checkedAt?.toISOString() ?? null, items, errors };
}

/** Reads the findings of the last preflight as the API knows them. */
import { findingsSchema, type PreflightFindings } from '../api/preflight.ts';
import { readLastPreflight } from '../ledger/last-preflight.ts';
import type { Queryable } from '../ledger/pool.ts';

export interface LastPreflight {
  readonly at: Date;
  /** Undefined: a program of another version has written them. */
  readonly findings: PreflightFindings | undefined;
}

/** Undefined: the providers were never asked. */
export async function lastPreflight(db: Queryable): Promise<LastPreflight | undefined> {
  const last = await readLastPreflight(db);
  return last && { at: last.at, findings: findingsSchema.safeParse(last.findings).data };
}

/** Keeps the newest findings of the preflight, so that people see how the providers were without asking them. */
import type { Queryable } from './pool.ts';

export interface LastPreflight {
  readonly at: Date;
  /** As whoever asked wrote them, which may be an older or a newer program. */
  readonly findings: unknown;
}

export async function storePreflight(db: Queryable, findings: object): Promise<void> {
  await db.query(
    `insert into ledger.last_preflight (findings) values ($1)
     on conflict (only_row) do update set at = clock_timestamp(), findings = excluded.findings`,
    [JSON.stringify(findings)],
  );
}

/** Undefined: the providers were never asked. */
export async function readLastPreflight(db: Queryable): Promise<LastPreflight | undefined> {
  const { rows } = await db.query<{ at: Date; findings: unknown }>(
    'select at, findings from ledger.last_preflight',
  );
  return rows[0];
}

/** Rows of the ledger as tests of pure functions make them by hand. */
import type { StepRow } from '../../src/ledger/rows.ts';

/** A step's row that nothing has happened to, but what is given. */
export function stepRowOf(
  given: Pick<StepRow, 'provisioning_id' | 'direction' | 'position' | 'name' | 'status'>,
): StepRow {
  return {
    ...given,
    attempts: 0,
    waiting_for: undefined,
    waiting_since: undefined,
    looks: 0,
    due_at: undefined,
    wait_began: undefined,
    wait_until: undefined,
    error: undefined,
    output: {},
    warnings: [],
    started_at: undefined,
    finished_at: undefined,
  };
}

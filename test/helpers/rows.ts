/** Rows of the ledger as tests of pure functions make them by hand. */
import type { ProvisioningRow, StepRow } from '../../src/ledger/rows.ts';

/** A step's row that nothing has happened to, but what is given. */
export function stepRowOf(
  given: Pick<StepRow, 'direction' | 'position' | 'name'> & Partial<StepRow>,
): StepRow {
  return {
    provisioning_id: 'p',
    status: 'pending',
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
    ...given,
  };
}

/** A provisioning's row that nothing has happened to, but what is given. */
export function provisioningRowOf(given: Partial<ProvisioningRow> = {}): ProvisioningRow {
  return {
    id: 'p',
    client_id: 'acme',
    client_name: 'Acme',
    org_email: 'a@b.example',
    tier: 'starter',
    callback_url: undefined,
    trace_parent: undefined,
    on_failure: 'rollback',
    step_names: ['a', 'b', 'c'],
    status: 'queued',
    rollback_status: 'none',
    failure: undefined,
    failure_provider_text: undefined,
    flow: 1,
    epoch: 1,
    last_event: 1,
    last_callback: 0,
    created_at: new Date(0),
    updated_at: new Date(0),
    finished_at: undefined,
    ...given,
  };
}

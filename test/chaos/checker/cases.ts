/** A case: one provisioning with everything that the ledger and the caller say of it. */
import type {
  CallbackRow,
  EffectRow,
  ProvisioningRow,
  ResourceRow,
  StepRow,
} from '../../../src/ledger/rows.ts';
import type { ApiRequest, EventRow, Violation, World } from '../world.ts';

export interface Case {
  readonly row: ProvisioningRow;
  readonly id: string;
  readonly clientId: string;
  /** For people. */
  readonly label: string;
  /** Status and rollback: `failed/completed`. */
  readonly state: string;
  readonly runs: readonly StepRow[];
  readonly undos: readonly StepRow[];
  readonly effects: readonly EffectRow[];
  readonly resources: readonly ResourceRow[];
  /** What it made itself. */
  readonly created: readonly ResourceRow[];
  /** In the order of their numbers. */
  readonly events: readonly EventRow[];
  readonly callbacks: readonly CallbackRow[];
  /** What was asked of it, the request that made it included. */
  readonly requests: readonly ApiRequest[];
}

export function casesOf({ ledger, requests }: World): Case[] {
  return ledger.provisionings
    .map((row): Case => {
      const isOfIt = (other: { readonly provisioning_id: string }) => other.provisioning_id === row.id;
      const steps = ledger.steps.filter(isOfIt).toSorted((a, b) => a.position - b.position);
      const resources = ledger.resources.filter(isOfIt);
      return {
        row,
        id: row.id,
        clientId: row.client_id,
        label: `${row.client_id} (${row.id.slice(0, 8)}, ${row.status}/${row.rollback_status})`,
        state: `${row.status}/${row.rollback_status}`,
        runs: steps.filter(({ direction }) => direction === 'run'),
        undos: steps.filter(({ direction }) => direction === 'undo'),
        effects: ledger.effects.filter(isOfIt),
        resources,
        created: resources.filter(({ origin }) => origin === 'created'),
        events: ledger.events.filter(isOfIt).toSorted((a, b) => a.sequence - b.sequence),
        callbacks: ledger.callbacks.filter(isOfIt).toSorted((a, b) => a.sequence - b.sequence),
        requests: requests.filter(({ provisioningId }) => provisioningId === row.id),
      };
    })
    .toSorted((a, b) => a.row.created_at.getTime() - b.row.created_at.getTime());
}

export function isCompleted({ row }: Case): boolean {
  return row.rollback_status === 'completed';
}

export function isIncomplete({ row }: Case): boolean {
  return row.rollback_status === 'incomplete';
}

/** Works for its client, and nobody has asked for its end. */
export function isServing({ state }: Case): boolean {
  return state === 'succeeded/none';
}

/** What it says that is left of it. */
export function listLeft({ created }: Case): readonly ResourceRow[] {
  return created.filter(({ state }) => state !== 'deleted' && state !== 'forgotten');
}

export function broken(invariant: string, what: string): Violation {
  return { invariant, what };
}

/** Both clocks are this machine's; they are read in whole milliseconds. */
export const slackMs = 5;

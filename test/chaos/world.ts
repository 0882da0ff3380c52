/**
 * Everything that a judge of one schedule may look at: what the outside world says happened, the ledger's rows, and
 * the raw text that the product left behind. Plain data: a world can be printed, kept and made by hand.
 */
import type { SandboxObject } from '../../sandbox/control/objects.ts';
import type { ProviderName } from '../../sandbox/exchange.ts';
import type { JournalEntry } from '../../sandbox/journal.ts';
import type { ReceivedCallback } from '../../sandbox/control/receivers.ts';
import type { CallbackRow, EffectRow, ProvisioningRow, ResourceRow, StepRow } from '../../src/ledger/rows.ts';

export interface World {
  /**
   * False: when the time for it was over, something was still held, due, under way, or changed by a sweep.
   * `unrest` says what.
   */
  readonly isQuiescent: boolean;
  readonly unrest: string;
  /** Every answer to `POST /api/provisioning`, and to what operators asked for, oldest first. */
  readonly requests: readonly ApiRequest[];
  /** Every object that exists at a provider, and what strangers made or changed behind the product's back. */
  readonly objects: readonly SandboxObject[];
  readonly strangers: readonly Stranger[];
  /** Every request that a provider got, in the order of their effects. */
  readonly journal: readonly JournalEntry[];
  readonly ledger: LedgerRows;
  /** When a whole provider was away. It came back with everything that it had. */
  readonly outages: readonly Outage[];
  /** Providers of which something was wrong that neither an outage nor a fault in the journal tells. */
  readonly impaired: readonly ProviderName[];
  /** The tables that the template makes, as it is in the end. Undefined: nobody has looked into it. */
  readonly templateTables?: readonly string[] | undefined;
  /** What is in the databases of the projects that exist. Undefined: nobody looked into them. */
  readonly projectDatabases?: readonly ProjectDatabase[] | undefined;
  /** Every delivery that a receiver got. A receiver is named after the client it is for. */
  readonly received: readonly ReceivedCallback[];
  /** Signs callbacks. */
  readonly signingSecret: string;
  /** Raw text: the log of each process, all of the queue's store, the API's answers, the ledger's tables as text. */
  readonly sinks: readonly { readonly name: string; readonly text: string }[];
  /** Values that no sink may hold. */
  readonly secrets: readonly { readonly name: string; readonly value: string }[];
  readonly limits: {
    readonly maxAttempts: number;
    readonly readyTimeoutMs: number;
    readonly pollBaseMs: number;
  };
}

export interface ApiRequest {
  readonly at: string;
  readonly act: 'create' | 'cancel' | 'resume' | 'rollback';
  readonly clientId: string;
  /** Undefined: no answer came. */
  readonly status: number | undefined;
  /** The provisioning that was answered, or asked about. */
  readonly provisioningId: string | undefined;
}

export interface Stranger {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  /** `removed`: somebody else deleted an object of ours. */
  readonly act: 'created' | 'renamed' | 'removed';
}

export interface Outage {
  readonly provider: ProviderName;
  /** For people: how it showed. */
  readonly form: string;
  readonly from: string;
  readonly until: string;
}

/** The database of a Supabase project. */
export interface ProjectDatabase {
  readonly projectId: string;
  /** Tables of `public`. */
  readonly tables: readonly { readonly name: string; readonly isSecured: boolean }[];
  /** Who has applied a template there, one entry for each time. */
  readonly appliedBy: readonly string[];
}

export interface EventRow {
  readonly provisioning_id: string;
  readonly sequence: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

export interface CallbackAttemptRow {
  readonly callback_id: string;
  readonly attempt: number;
  readonly status: number | null;
}

/** `select *` of each table, for the provisionings of the schedule. */
export interface LedgerRows {
  readonly provisionings: readonly ProvisioningRow[];
  readonly steps: readonly StepRow[];
  readonly effects: readonly (EffectRow & { readonly provisioning_id: string })[];
  readonly resources: readonly ResourceRow[];
  readonly events: readonly EventRow[];
  readonly callbacks: readonly CallbackRow[];
  readonly attempts: readonly CallbackAttemptRow[];
}

/** A promise that was broken: which (`I1` to `I23`), by what. */
export interface Violation {
  readonly invariant: string;
  readonly what: string;
}

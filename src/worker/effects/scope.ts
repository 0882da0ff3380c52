/** The engine's tools while a worker holds one provisioning for one step. */
import type { EncryptionKey } from '../../config.ts';
import type { Pool } from '../../ledger/pool.ts';
import type { ClientOrder } from '../../provisioning.ts';
import type { Step } from '../../steps/step.ts';
import type { Lease } from '../claim/lease.ts';
import type { StepLedger } from './step-ledger.ts';

export interface EffectScope {
  readonly pool: Pool;
  readonly lease: Pick<Lease, 'epoch' | 'signal' | 'remainingMs'>;
  readonly ledger: StepLedger;
  readonly client: ClientOrder;
  readonly step: Step;
  readonly encryptionKeys: readonly EncryptionKey[];
  readonly limits: EffectLimits;
}

export interface EffectLimits {
  /** The longest that one call may take. */
  readonly timeoutMs: number;
  /** How long a lease lasts at the least once it is extended. */
  readonly leaseMs: number;
  /** How long a call in doubt is looked for before its absence counts as proof. */
  readonly settleMs: number;
  /** How often one effect may be sent without any answer. */
  readonly maxCalls: number;
  /** Asked before each call: false when the process is about to stop. */
  readonly mayBegin: () => boolean;
  /** Throws when others may take this process for dead. */
  readonly confirmPresence: () => Promise<void>;
}

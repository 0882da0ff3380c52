/** One attempt at a step that is to be made: by whom, for which job, and what is known as it begins. */
import type { BegunStep } from '../../ledger/claims.ts';
import type { Snapshot } from '../../ledger/rows.ts';
import type { StepKey } from '../../ledger/steps.ts';
import type { QueueJob } from '../../queue/jobs.ts';
import type { Lease } from '../claim/lease.ts';
import type { EffectScope } from '../effects/scope.ts';
import type { Engine } from '../engine.ts';

export interface StepTask {
  readonly engine: Engine;
  readonly lease: Lease;
  readonly scope: EffectScope;
  readonly key: StepKey;
  /** The flow of its job. */
  readonly flow: number;
  /** When it was claimed, by the database's clock. */
  readonly at: Date;
  readonly begun: BegunStep;
  /** As it was claimed. */
  readonly snapshot: Snapshot;
  readonly job: QueueJob;
}

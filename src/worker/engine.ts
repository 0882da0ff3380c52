/** The connections and the patience that every part of the worker is given. */
import type { EncryptionKey } from '../config.ts';
import type { Transitions } from '../ledger/group-commit.ts';
import type { Pool } from '../ledger/pool.ts';
import type { Presence } from '../ledger/presence.ts';
import type { Logger } from '../log/logger.ts';
import type { WorkerMetrics } from '../metrics/worker-metrics.ts';
import type { Queues } from '../queue/queues.ts';
import type { stepConnections } from '../steps/connect.ts';
import type { Step } from '../steps/step.ts';
import type { HandedOn } from './claim/handed-on.ts';
import type { Patience } from './jobs/outcome.ts';

export interface Engine {
  readonly pool: Pool;
  /** The way for claims, and for what their holders write. */
  readonly transitions: Transitions;
  /** What this process has handed on from one job to the next. */
  readonly handedOn: HandedOn;
  readonly queues: Queues;
  readonly log: Logger;
  readonly metrics: WorkerMetrics;
  /** The steps of this version of the program, and the undo of each. */
  readonly steps: readonly Step[];
  readonly rollbackActions: ReadonlyMap<string, Step['undo']>;
  /** The environment that the steps read their own variables from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly connect: ReturnType<typeof stepConnections>;
  readonly encryptionKeys: readonly EncryptionKey[];
  readonly publicUrl: string;
  /** This process, as the leases name it, and whether others can see that it is alive. */
  readonly presence: Presence;
  readonly patience: Patience;
  readonly leaseMs: number;
  readonly timeoutMs: number;
  readonly settleMs: number;
  /** The sweeper's interval, and the time that others are given before it steps in. */
  readonly sweepIntervalMs: number;
  readonly callbackRetryBaseMs: number;
  /** After that many days an undone provisioning is deleted from the ledger; 0: never. */
  readonly retentionDays: number;
  /** False once the process is about to stop: no new call is begun. */
  readonly mayBegin: () => boolean;
  /** Aborted when what was begun has had its time to end. */
  readonly cutOff: AbortSignal;
}

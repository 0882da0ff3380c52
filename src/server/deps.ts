/** The parts that the routes work with. */
import type { ServerConfig } from '../config.ts';
import type { Transitions } from '../ledger/group-commit.ts';
import type { Pool } from '../ledger/pool.ts';
import type { Logger } from '../log/logger.ts';
import type { Queues } from '../queue/queues.ts';
import type { Scrub } from '../log/scrubber.ts';
import type { Step } from '../steps/step.ts';

export interface Deps {
  readonly config: ServerConfig;
  readonly pool: Pool;
  /** The way for orders. */
  readonly transitions: Transitions;
  readonly log: Logger;
  /** Takes secrets out of what the dashboard shows. */
  readonly scrub: Scrub;
  /** Undefined until the queue was reached for the first time. */
  readonly queues: () => Queues | undefined;
  /** The steps that a new provisioning is accepted with, in order. */
  readonly steps: readonly Step[];
  /** Does what no answer waits for. A stop waits until it is done; an error is its own to tell. */
  readonly inBackground: (work: Promise<void>) => void;
  /** Aborted when the process begins to stop: it takes nothing new. */
  readonly stopping: AbortSignal;
  /** The base of the links that are handed out. */
  readonly publicUrl: () => string;
}

/** How much is done for each figure. */

export interface Sizes {
  readonly warmUp: number;
  readonly at1: number;
  readonly at20: number;
  /** Zero: not measured. */
  readonly at100: number;
  readonly rollbacks: number;
  /** Runs with slow calls. */
  readonly delayed: number;
  readonly accepted: number;
  /** How long a system is watched at rest. */
  readonly idleMs: number;
}

export const usualSizes: Sizes = {
  warmUp: 40,
  at1: 40,
  at20: 300,
  at100: 500,
  rollbacks: 100,
  delayed: 10,
  accepted: 1000,
  idleMs: 10_000,
};

/** A hundred at once would take as long as all the rest. */
export const quickSizes: Sizes = {
  warmUp: 4,
  at1: 3,
  at20: 20,
  at100: 0,
  rollbacks: 20,
  delayed: 3,
  accepted: 100,
  idleMs: 2000,
};

/** A table of worlds that break a promise: which, in what way, and made from which good one. */
import { expect, test } from 'vitest';
import { checkWorld } from '../check.ts';
import type { WorldDraft } from './draft.ts';

/** Sentence, broken promises, the good world, and what is done to it. */
export type BrokenWorld = readonly [string, string, () => WorldDraft, (world: WorldDraft) => void];

export function rejectEach(table: readonly BrokenWorld[]): void {
  test.each(table)('%s: %s', (what, promises, make, spoil) => {
    const world = make();
    spoil(world);
    const found = checkWorld(world);
    expect([...new Set(found.map(({ invariant }) => invariant))].toSorted().join(' '), what).toBe(promises);
  });
}

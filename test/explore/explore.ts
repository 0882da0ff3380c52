/**
 * Visits every world that so many faults can lead to, and holds the promises against each.
 *
 * Worlds are reached with as few faults as possible first, and among these with as few moves as possible: what can
 * happen to a world after more faults than needed, can happen to it after fewer. So a world is visited once, the number
 * of faults is no part of it, and the trace to a broken promise is a shortest one.
 */
import { findEndless } from './endless.ts';
import { movesOf, type Fault } from './moves.ts';
import { checkEnd, checkMove, isQuiet } from './promises.ts';
import type { Rules } from './rules.ts';
import { worldStore } from './store.ts';
import { firstWorld } from './world.ts';

export interface Breach {
  readonly promise: string;
  /** What happened, from the beginning. */
  readonly trace: readonly string[];
}

export interface Exploration {
  /** Worlds that need exactly so many faults to be reached, from 0 on. */
  readonly worlds: readonly number[];
  readonly moves: number;
  /** Worlds in which everything has ended, by status and rollback. */
  readonly endings: Readonly<Record<string, number>>;
  /** How often each fault struck. */
  readonly faults: Readonly<Partial<Record<Fault, number>>>;
  /** The first broken promise; the exploration ends there. */
  readonly breach: Breach | undefined;
}

export function explore(rules: Rules, mostFaults: number): Exploration {
  const store = worldStore();
  const cameFrom: number[] = [];
  const labels: string[] = [];
  const faultsSeen: Partial<Record<Fault, number>> = {};
  /** Moves without a fault, for the way back from the ends. */
  const edges: [from: number[], to: number[]] = [[], []];
  const ends: number[] = [];
  const endings: Record<string, number> = {};
  const worlds: number[] = [];
  let moves = 0;

  function traceTo(index: number, ...last: string[]): string[] {
    const trace = last;
    for (let at = index; at > 0; at = cameFrom[at] ?? 0) trace.unshift(labels[at] ?? '');
    return trace;
  }
  const result = (breach?: Breach): Exploration => ({
    worlds,
    moves,
    endings,
    faults: faultsSeen,
    breach,
  });

  store.add(firstWorld);
  /** Worlds by the number of moves that lead to them; those of the next number of faults in the second list. */
  let layer: number[][] = [[0]];
  /** Faults and moves that it takes to get there. */
  const ranks: number[] = [0];
  for (let used = 0; used <= mostFaults; used += 1) {
    const nextLayer: number[][] = [];
    let visited = 0;
    for (let depth = 0; depth < layer.length; depth += 1)
      for (const index of layer[depth] ?? []) {
        // It was reached in a shorter way meanwhile, and visited there.
        if (ranks[index] !== used * 2 ** 16 + depth) continue;
        visited += 1;
        const world = store.worldAt(index);
        if (isQuiet(world, rules)) {
          ends.push(index);
          const ending = `${world.status}/${world.rollback}`;
          endings[ending] = (endings[ending] ?? 0) + 1;
          const broken = checkEnd(world);
          if (broken !== undefined) return result({ promise: broken, trace: traceTo(index) });
        }
        for (const move of movesOf(world, rules)) {
          if (move.fault !== undefined && used === mostFaults) continue;
          moves += 1;
          if (move.fault !== undefined) faultsSeen[move.fault] = (faultsSeen[move.fault] ?? 0) + 1;
          const broken = move.breach ?? checkMove(world, move.world);
          if (broken !== undefined) return result({ promise: broken, trace: traceTo(index, move.label) });
          const { index: to, isNew } = store.add(move.world);
          if (move.fault === undefined) {
            edges[0].push(index);
            edges[1].push(to);
          }
          // Reached with fewer faults, or with as many and no more moves?
          const rank = (used + (move.fault === undefined ? 0 : 1)) * 2 ** 16 + depth + 1;
          if (!isNew && (ranks[to] ?? 0) <= rank) continue;
          ranks[to] = rank;
          cameFrom[to] = index;
          labels[to] = move.label;
          const target = move.fault === undefined ? layer : nextLayer;
          (target[depth + 1] ??= []).push(to);
        }
      }
    worlds.push(visited);
    layer = nextLayer;
  }
  const endless = findEndless(ranks, edges, ends);
  return result(endless === undefined ? undefined : { promise: 'it never ends', trace: traceTo(endless) });
}

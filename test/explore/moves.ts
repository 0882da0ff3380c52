/** What can happen next in a world: what its workers do, what goes on around them, and what goes wrong. */
import type { Rules } from './rules.ts';
import { surroundings } from './surroundings.ts';
import { workerMoves } from './worker.ts';
import type { World } from './world.ts';

export const faults = [
  'crash',
  'pause',
  'lost answer',
  'lost request',
  'lag',
  'foreign name',
  'cancel',
  'rollback by hand',
  'deadline',
  'revoked token',
  'blind token',
] as const;
export type Fault = (typeof faults)[number];

export interface Move {
  readonly label: string;
  readonly world: World;
  /** It is one of the faults that are counted. */
  readonly fault?: Fault;
  /** It breaks a promise by itself. */
  readonly breach?: string | undefined;
}

export function movesOf(world: World, rules: Rules): Move[] {
  return [...workerMoves(world, 0, rules), ...workerMoves(world, 1, rules), ...surroundings(world, rules)];
}

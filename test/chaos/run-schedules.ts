/** Runs many schedules in several arenas at once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOwnPostgresIn } from '../helpers/services/postgres.ts';
import type { Backend } from '../helpers/stack.ts';
import { startArena, type Arena } from './arena.ts';
import { runSchedule, type Outcome } from './run-schedule.ts';
import { drawSchedule, type Focus } from './schedule.ts';

export interface Order {
  readonly seed: number;
  readonly backend: Backend;
  readonly focus: Focus;
  /** The numbers of the schedules. */
  readonly indices: readonly number[];
  /** How many installations work on them at once. */
  readonly arenas: number;
  onOutcome(outcome: Outcome): void;
  /** Asked before each schedule. */
  readonly mayGoOn?: () => boolean;
}

export async function runSchedules(order: Order): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'client-provisioner-chaos-'));
  const providers = await startOwnPostgresIn(join(directory, 'providers'));
  const indices = order.indices[Symbol.iterator]();
  let failure: unknown;
  const work = async (number: number) => {
    let arena: Arena | undefined;
    for (const index of indices) {
      if (failure !== undefined || order.mayGoOn?.() === false) break;
      arena ??= await startArena(order.backend, join(directory, `arena-${number}`), providers.url);
      try {
        order.onOutcome(
          await runSchedule(arena, drawSchedule(order.seed, index, order.backend, order.focus)),
        );
      } catch (error) {
        await arena.stop().catch(() => {});
        throw new Error(`schedule ${index} of seed ${order.seed} could not be run`, { cause: error });
      }
    }
    await arena?.stop();
  };
  const count = Math.min(order.arenas, order.indices.length);
  await Promise.all(
    Array.from({ length: count }, (_, number) => work(number).catch((error: unknown) => (failure ??= error))),
  );
  await providers.remove();
  // Processes that were killed may still be writing what they have compiled.
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  if (failure !== undefined) throw failure;
}

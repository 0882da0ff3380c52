/** Runs many schedules of one backend in several arenas at once. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fillCompileCache } from '../helpers/services/compile-cache.ts';
import { startOwnPostgresIn } from '../helpers/services/postgres.ts';
import { makeServerFolder } from '../helpers/services/server-folder.ts';
import { startArena, type Arena } from './arena.ts';
import { runSchedule, type Outcome } from './run-schedule.ts';
import type { Schedule } from './schedule.ts';

export interface Order {
  readonly schedules: readonly Schedule[];
  /** How many installations work on them at once. */
  readonly arenas: number;
  onOutcome(outcome: Outcome): void;
  /** Asked before each schedule. */
  readonly mayGoOn?: () => boolean;
}

export async function runSchedules(order: Order): Promise<void> {
  await fillCompileCache();
  const directory = await makeServerFolder();
  const providers = await startOwnPostgresIn(join(directory, 'providers'));
  const queue = [...order.schedules];
  let failure: Error | undefined;
  // One after the other: two that look for free ports at once may find the same.
  let started: Promise<unknown> = Promise.resolve();
  const start = (number: number, { backend }: Schedule): Promise<Arena> => {
    const next = started.then(() => startArena(backend, join(directory, `arena-${number}`), providers.url));
    started = next.catch(() => {});
    return next;
  };
  const work = async (number: number) => {
    let arena: Arena | undefined;
    for (let schedule = queue.shift(); schedule !== undefined; schedule = queue.shift()) {
      if (failure !== undefined || order.mayGoOn?.() === false) break;
      arena ??= await start(number, schedule);
      try {
        order.onOutcome(await runSchedule(arena, schedule));
      } catch (error) {
        await arena.stop().catch(() => {});
        throw new Error(`schedule ${schedule.index} of seed ${schedule.seed} could not be run`, {
          cause: error,
        });
      }
    }
    await arena?.stop();
  };
  const count = Math.min(order.arenas, order.schedules.length);
  await Promise.all(
    Array.from({ length: count }, (_, number) =>
      work(number).catch((error: unknown) => {
        failure ??= error instanceof Error ? error : new Error(String(error));
      }),
    ),
  );
  await providers.remove();
  // Processes that were killed may still be writing what they have compiled.
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  if (failure !== undefined) throw failure;
}

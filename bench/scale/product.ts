/** The product, installed afresh with its queue in Redis, for a study of its own. */
import { endingAll } from '../servers/endings.ts';
import type { Servers } from '../servers/servers.ts';
import { startWatch } from '../measure/watch.ts';
import { work, type Bench } from '../measure/runs.ts';
import { makeOrders } from '../orders.ts';
import { install } from '../systems/installation.ts';
import { systems } from '../systems/systems.ts';

/** The product's default. */
const concurrency = 20;
/** A run is seen to be done at most that much late. */
const pollMs = 20;

export interface ProductOptions {
  readonly workers?: number;
  readonly pollMs?: number;
  /** A study in which nothing ends for that long is stuck. */
  readonly stuckMs?: number;
  readonly signal: AbortSignal;
}

export function withProduct<T>(
  servers: Servers,
  options: ProductOptions,
  study: (bench: Bench) => Promise<T>,
): Promise<T> {
  const system = systems['product-redis'];
  return endingAll(async (endings) => {
    const { workers = 1 } = options;
    const installation = await install(
      system,
      servers,
      { concurrency, workers, onlyAccepts: false },
      endings,
    );
    const { signal, stuckMs } = options;
    const watch = await startWatch(
      installation,
      system.finished ?? '',
      options.pollMs ?? pollMs,
      signal,
      stuckMs,
    );
    endings.add(() => watch.end());
    return study({ servers, installation, watch });
  });
}

let lastPrefix = 0;

/** Runs per second with so many at once, once the processes are warm. */
export async function measureSpeed(bench: Bench, runs: number, atOnce: number): Promise<number> {
  lastPrefix += 1;
  const { perSecond } = await work(bench, makeOrders(`speed-${lastPrefix}`, runs), atOnce);
  return perSecond;
}

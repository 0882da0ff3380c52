/** One system in one round: how it accepts, then how it works, each in an installation of its own. */
import { endingAll } from '../servers/endings.ts';
import type { Servers } from '../servers/servers.ts';
import { install } from '../systems/installation.ts';
import type { System } from '../systems/systems.ts';
import { measureAcceptance } from './acceptance.ts';
import type { Figures } from './figures.ts';
import { measureIdle } from './idle.ts';
import { measureRuns } from './runs.ts';
import type { Sizes } from './sizes.ts';
import { startWatch } from './watch.ts';

/** The same for every system. A run is seen to be done at most that much late. */
const pollMs = 3;

export async function takeTurn(
  system: System,
  servers: Servers,
  options: { readonly sizes: Sizes; readonly concurrency: number; readonly signal: AbortSignal },
): Promise<Figures> {
  const { sizes, concurrency, signal } = options;
  const acceptance = await endingAll(async (endings) => {
    const installation = await install(system, servers, { concurrency, onlyAccepts: true }, endings);
    return measureAcceptance(installation, sizes, signal);
  });
  const { finished } = system;
  if (finished === undefined) return acceptance;
  const work = await endingAll(async (endings) => {
    const installation = await install(system, servers, { concurrency, onlyAccepts: false }, endings);
    const watch = await startWatch(installation, finished, pollMs, signal);
    endings.add(() => watch.end());
    const bench = { servers, installation, watch };
    return { ...(await measureIdle(bench, sizes.idleMs)), ...(await measureRuns(bench, sizes)) };
  });
  return { ...work, ...acceptance };
}

/** How fast a system works, and what a run of it costs. */
import { makeOrders, stepCount, type Order } from '../orders.ts';
import type { Servers } from '../servers/servers.ts';
import type { Installation } from '../systems/installation.ts';
import { findProblems } from './check-calls.ts';
import type { Figures } from './figures.ts';
import { placeOrder, runLoad, type LoadResult } from './load.ts';
import { readMeters, usePerRun } from './meters.ts';
import { median } from './statistics.ts';
import type { Sizes } from './sizes.ts';
import type { Watch } from './watch.ts';

const delayMs = 25;

export interface Bench {
  readonly servers: Servers;
  readonly installation: Installation;
  readonly watch: Watch;
}

/** Throws where a run has not made exactly what was ordered. */
export async function measureRuns(bench: Bench, sizes: Sizes): Promise<Figures> {
  await work(bench, makeOrders('warm', sizes.warmUp), 5);
  await work(bench, makeOrders('warm-back', 2, true), 2);
  const at1 = await work(bench, makeOrders('one', sizes.at1), 1);
  const before = await readMeters(bench.servers, bench.installation, bench.watch);
  const at20 = await work(bench, makeOrders('twenty', sizes.at20), 20);
  const after = await readMeters(bench.servers, bench.installation, bench.watch);
  const at100 = sizes.at100 > 0 ? await work(bench, makeOrders('hundred', sizes.at100), 100) : undefined;
  const back = await work(bench, makeOrders('back', sizes.rollbacks, true), 20);
  const delayed = await work(bench, makeOrders('delayed', sizes.delayed), 1, delayMs);
  const delayedMs = median(delayed.eachMs);
  return {
    runs1: at1.perSecond,
    runs20: at20.perSecond,
    ...(at100 && { runs100: at100.perSecond }),
    rollbacks20: back.perSecond,
    ...usePerRun(before, after, sizes.at20),
    addedToFive: delayedMs - stepCount * delayMs,
    addedToAll: delayedMs - delayed.callsPerRun * delayMs,
    calls: at20.callsPerRun,
  };
}

interface Worked extends LoadResult {
  readonly perSecond: number;
  readonly callsPerRun: number;
}

/** Has the orders worked on, and checks the calls that came of it. */
export async function work(
  { servers, installation, watch }: Bench,
  orders: readonly Order[],
  atOnce: number,
  latencyMs = 0,
): Promise<Worked> {
  await servers.stub.reset(latencyMs);
  const result = await runLoad(orders, atOnce, async (order) =>
    watch.untilDone(await placeOrder(installation.url, order)),
  );
  const report = await servers.stub.report();
  const problems = findProblems(orders, report);
  if (problems.length > 0) throw new Error(`${problems.length} problems: ${problems.slice(0, 5).join('; ')}`);
  return {
    ...result,
    perSecond: (orders.length * 1000) / result.tookMs,
    callsPerRun: report.calls.length / orders.length,
  };
}

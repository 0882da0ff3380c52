/** Meters of what a system has used up so far. */
import type { Servers } from '../servers/servers.ts';
import type { Installation } from '../systems/installation.ts';
import { readProcesses, redisCpuMs, sumOfTree } from './cpu.ts';
import type { Figures } from './figures.ts';
import type { Watch } from './watch.ts';

export interface Meters {
  readonly queries: number;
  readonly writes: number;
  /** In ms. Undefined where there is no /proc. */
  readonly cpu: { readonly processes: number; readonly postgres: number; readonly redis: number } | undefined;
}

export async function readMeters(
  servers: Servers,
  { children }: Installation,
  watch: Watch,
): Promise<Meters> {
  const processes = await readProcesses();
  const redis = redisCpuMs(await servers.redis.info('cpu'));
  const queries = await Promise.all(children.map((child) => child.countQueries()));
  return {
    queries: sum(queries),
    writes: await watch.countWrites(),
    cpu: processes && {
      processes: sum(children.map(({ pid }) => sumOfTree(processes, pid))),
      postgres: sumOfTree(processes, servers.postgresPid, watch.backendPid),
      redis,
    },
  };
}

/** The share of one run in what several have used up. */
export function usePerRun(before: Meters, after: Meters, runs: number): Figures {
  const counted = {
    queries: (after.queries - before.queries) / runs,
    writes: (after.writes - before.writes) / runs,
  };
  if (before.cpu === undefined || after.cpu === undefined) return counted;
  const cpuProcesses = (after.cpu.processes - before.cpu.processes) / runs;
  const cpuPostgres = (after.cpu.postgres - before.cpu.postgres) / runs;
  const cpuRedis = (after.cpu.redis - before.cpu.redis) / runs;
  return { ...counted, cpu: cpuProcesses + cpuPostgres + cpuRedis, cpuProcesses, cpuPostgres, cpuRedis };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Measures a system at rest: CPU time, queries and memory while nothing is asked of it. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Figures } from './figures.ts';
import { readMeters } from './meters.ts';
import type { Bench } from './runs.ts';

/** Begins once everything that a start brings is over. */
const settleMs = 2000;

export async function measureIdle({ servers, installation, watch }: Bench, forMs: number): Promise<Figures> {
  const { children } = installation;
  await delay(settleMs);
  const before = await readMeters(servers, installation, watch);
  await delay(forMs);
  const after = await readMeters(servers, installation, watch);
  const memory = await Promise.all(children.map(({ pid }) => readMemory(pid)));
  const usedMs = (after.cpu?.processes ?? NaN) - (before.cpu?.processes ?? NaN);
  return {
    ready: Math.max(...children.map(({ readyMs }) => readyMs)),
    idleQueries: ((after.queries - before.queries) * 1000) / forMs,
    ...(Number.isNaN(usedMs) ? {} : { idleCpu: (usedMs / forMs) * 100 }),
    ...(memory.includes(undefined) ? {} : { memory: Math.max(...memory.map((bytes) => bytes ?? 0)) / 1e6 }),
  };
}

/** The resident memory of a process in bytes. Undefined where there is no /proc. */
export async function readMemory(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

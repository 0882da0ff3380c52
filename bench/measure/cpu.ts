/** The CPU time of processes and of all that they have started. */
import { readdir, readFile } from 'node:fs/promises';

/** The unit of `/proc/<pid>/stat` in ms, on every Linux that Node runs on. */
const tickMs = 10;

export interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Its own, in ms. */
  readonly ownMs: number;
  /** The time of the children that have ended. */
  readonly endedMs: number;
}

/** Reads one line of `/proc/<pid>/stat`. The name in brackets may hold anything, brackets and blanks included. */
export function parseStat(line: string): ProcessTimes {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const at = (number: number) => Number(fields[number - 3]);
  return {
    pid: Number(line.slice(0, line.indexOf(' '))),
    parent: at(4),
    ownMs: (at(14) + at(15)) * tickMs,
    endedMs: (at(16) + at(17)) * tickMs,
  };
}

/** The sum over a process and everything below it, but for one that is left out. A child that has ended still counts. */
export function sumOfTree(processes: readonly ProcessTimes[], root: number, leftOut?: number): number {
  const own = processes.find(({ pid }) => pid === root);
  if (own === undefined || root === leftOut) return 0;
  const below = processes.filter(({ parent }) => parent === root);
  return (
    own.ownMs + own.endedMs + below.reduce((sum, { pid }) => sum + sumOfTree(processes, pid, leftOut), 0)
  );
}

/** Undefined where there is no /proc. */
export async function readProcesses(): Promise<readonly ProcessTimes[] | undefined> {
  const names = await readdir('/proc').catch(() => []);
  const lines = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')),
  );
  const processes = lines.filter((line) => line !== '').map(parseStat);
  return processes.length === 0 ? undefined : processes;
}

/** The CPU time in ms that Redis says it has used. */
export function redisCpuMs(info: string): number {
  const seconds = [...info.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)].map(([, value]) => Number(value));
  return seconds.reduce((sum, value) => sum + value, 0) * 1000;
}

/** Two and four workers beside one, on the same machine. */
import type { Servers } from '../servers/servers.ts';
import { measureSpeed, withProduct } from './product.ts';

const rounds = 3;
const counts = [1, 2, 4];
const runs = 400;
const atOnce = 100;

export async function measureWorkers(servers: Servers, signal: AbortSignal): Promise<readonly string[]> {
  const speeds = new Map<number, number[]>(counts.map((count) => [count, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const workers of counts)
      await withProduct(servers, { workers, signal }, async (bench) => {
        await measureSpeed(bench, 60, 20);
        speeds.get(workers)?.push(await measureSpeed(bench, runs, atOnce));
      });
  const best = (workers: number) => Math.max(...(speeds.get(workers) ?? []));
  return counts.map((workers) => {
    const all = (speeds.get(workers) ?? []).map((speed) => speed.toFixed(0)).join(', ');
    const ratio = (best(workers) / best(1)).toFixed(2);
    return `${workers} ${workers === 1 ? 'worker' : 'workers'}: ${all} runs/s with ${atOnce} at once; the best is ${ratio} of one worker's`;
  });
}

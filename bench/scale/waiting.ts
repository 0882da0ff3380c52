/** Many runs that each wait for something slow, all at once, with one worker. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { bootMs, makeOrders, type Order } from '../orders.ts';
import { readMemory } from '../measure/idle.ts';
import { placeOrder, runLoad } from '../measure/load.ts';
import { findProblems } from '../measure/check-calls.ts';
import type { Bench } from '../measure/runs.ts';
import type { Servers } from '../servers/servers.ts';
import { measureSpeed, withProduct } from './product.ts';

const sampleMs = 1000;

interface Peaks {
  memory: number;
  redis: number;
  connections: number;
}

export async function measureWaiting(
  servers: Servers,
  count: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const runsPerSecond = await withProduct(servers, { signal, pollMs: 3 }, async (bench) => {
    await measureSpeed(bench, 60, 20);
    return measureSpeed(bench, 500, 20);
  });
  // Each look at what is done asks for all that are not.
  return withProduct(servers, { signal, pollMs: 500, stuckMs: 5 * bootMs }, async (bench) => {
    await measureSpeed(bench, 300, 20);
    await servers.stub.reset();
    const before = await sample(bench);
    const peaks = { ...before };
    const sampling = new AbortController();
    const sampled = (async () => {
      while (!sampling.signal.aborted) {
        raise(peaks, await sample(bench));
        await delay(sampleMs, undefined, { signal: sampling.signal }).catch(() => {});
      }
    })();
    const orders: Order[] = makeOrders('waits', count).map((order) => ({ ...order, waits: true }));
    const startedAt = performance.now();
    const done: Promise<void>[] = [];
    await runLoad(orders, 20, async (order) => {
      signal.throwIfAborted();
      done.push(bench.watch.untilDone(await placeOrder(bench.installation.url, order)));
    });
    const placedMs = performance.now() - startedAt;
    await Promise.all(done);
    const tookMs = performance.now() - startedAt;
    sampling.abort();
    await sampled;
    const report = await servers.stub.report();
    const problems = findProblems(orders, report);
    if (problems.length > 0)
      throw new Error(`${problems.length} problems: ${problems.slice(0, 5).join('; ')}`);
    const allowedMs = bootMs + (count / runsPerSecond) * 1000 * 1.3;
    return [
      `${count} runs that wait ${bootMs / 1000} s each: placed in ${seconds(placedMs)}, all done after ${seconds(tookMs)}`,
      `${bootMs / 1000} s + ${count} ÷ ${runsPerSecond.toFixed(0)} runs/s × 1.3 is ${seconds(allowedMs)}: ${(tookMs / allowedMs).toFixed(2)} of that`,
      `${(report.calls.filter(({ verb }) => verb === 'read').length / count).toFixed(1)} looks a run at what it waited for`,
      `memory of the largest process: ${megabytes(before.memory)} before, ${megabytes(peaks.memory)} at the most`,
      `Redis: ${((peaks.redis - before.redis) / count / 1024).toFixed(1)} KiB a run at the most`,
      `connections to PostgreSQL: ${peaks.connections} at the most`,
    ];
  });
}

async function sample({ servers, installation }: Bench): Promise<Peaks> {
  const memory = await Promise.all(installation.children.map(({ pid }) => readMemory(pid)));
  const [, redis] = /^used_memory:(\d+)/m.exec(await servers.redis.info('memory')) ?? [];
  const client = new Client({ connectionString: installation.databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and application_name like 'client-provisioner%'`,
  );
  await client.end();
  return {
    memory: Math.max(...memory.map((bytes) => bytes ?? 0)),
    redis: Number(redis),
    connections: rows[0]?.count ?? 0,
  };
}

function raise(peaks: Peaks, now: Peaks): void {
  peaks.memory = Math.max(peaks.memory, now.memory);
  peaks.redis = Math.max(peaks.redis, now.redis);
  peaks.connections = Math.max(peaks.connections, now.connections);
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(0)} s`;
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

/** Sees in a system's database which runs are done: one query every few milliseconds, over one connection. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Installation } from '../systems/installation.ts';

export interface Watch {
  /** The server process behind its connection, which is not the system's. */
  readonly backendPid: number;
  /** Waits until a run is done. */
  untilDone(id: string): Promise<void>;
  /** How many transactions that write have been begun in the whole server. */
  countWrites(): Promise<number>;
  end(): Promise<void>;
}

/** The longest time without any progress before the benchmark gives up. */
const usuallyStuckMs = 60_000;

export async function startWatch(
  { databaseUrl, children }: Installation,
  finished: string,
  pollMs: number,
  signal: AbortSignal,
  stuckMs = usuallyStuckMs,
): Promise<Watch> {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  const ending = new AbortController();
  let failure: Error | undefined;

  const looping = (async () => {
    let lastSeenAt = performance.now();
    while (!ending.signal.aborted) {
      if (waiting.size === 0) lastSeenAt = performance.now();
      else {
        signal.throwIfAborted();
        for (const child of children) child.check();
        const done = await client.query<{ id: string }>(finished, [[...waiting.keys()]]);
        for (const { id } of done.rows) {
          waiting.get(id)?.resolve();
          waiting.delete(id);
          lastSeenAt = performance.now();
        }
        if (performance.now() - lastSeenAt > stuckMs)
          throw new Error(`${waiting.size} runs are not done, and none has been for ${stuckMs} ms`);
      }
      await delay(pollMs);
    }
  })().catch((error: unknown) => {
    failure = error instanceof Error ? error : new Error(String(error));
    for (const { reject } of waiting.values()) reject(failure);
  });

  return {
    backendPid: rows[0]?.pid ?? 0,
    async untilDone(id) {
      if (failure !== undefined) throw failure;
      const done = Promise.withResolvers<void>();
      waiting.set(id, done);
      return done.promise;
    },
    async countWrites() {
      const answer = await client.query<{ next: string }>(
        'select pg_snapshot_xmax(pg_current_snapshot())::text as next',
      );
      return Number(answer.rows[0]?.next);
    },
    async end() {
      ending.abort();
      await looping;
      await client.end();
    },
  };
}

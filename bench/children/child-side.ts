/** A process of the benchmark, as seen from inside: it says that it is ready, counts its queries, and ends with its parent. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { flushCompileCache } from 'node:module';
import pg from 'pg';
import type { ChildMessage } from './messages.ts';

let queries = 0;
// One per round trip, whoever asks: a pool, BullMQ and DBOS all end up here.
// oxlint-disable-next-line typescript/unbound-method -- it is called on its own client below
pg.Client.prototype.query = new Proxy(pg.Client.prototype.query, {
  apply(target, self, args): unknown {
    queries += 1;
    return Reflect.apply(target, self, args);
  },
});

process.on('message', () => tell({ is: 'queries', count: queries }));
process.on('disconnect', () => {
  process.exit();
});

function tell(message: ChildMessage): void {
  process.send?.(message);
}

export function tellReady(url = ''): void {
  // This process is killed in the end. The next one of its kind starts sooner with what is compiled now.
  flushCompileCache();
  tell({ is: 'ready', url });
}

/** Listens on a free port and returns its URL. */
export async function listenAnywhere(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return `http://127.0.0.1:${address.port}`;
}

/** A variable that whoever starts this process always sets. */
export function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}

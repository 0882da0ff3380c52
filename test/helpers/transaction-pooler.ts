/**
 * A pooler in transaction mode: clients log in on connections of their own, and all of them share one session for their
 * statements, which it has served one at a time. As PgBouncer 1.18 with `pool_mode = transaction` does.
 */
import { createServer, connect, type Socket } from 'node:net';

export interface TransactionPooler {
  readonly url: string;
  close(): Promise<void>;
}

interface Asked {
  readonly by: Socket;
  readonly chunk: Buffer;
}

/** ReadyForQuery, outside of a transaction. */
const isReady = (chunk: Buffer) => chunk.subarray(-6).equals(Buffer.from([0x5a, 0, 0, 0, 5, 0x49]));

export async function startTransactionPooler(databaseUrl: string): Promise<TransactionPooler> {
  const target = new URL(databaseUrl);
  const waiting: Asked[] = [];
  const sockets = new Set<Socket>();
  let session: Socket | undefined;
  let served: Socket | undefined;

  function serve(): void {
    if (served !== undefined) return;
    const asked = waiting.shift();
    if (asked === undefined) return;
    served = asked.by;
    session?.write(asked.chunk);
  }

  const server = createServer((client) => {
    const own = connect(Number(target.port), target.hostname);
    let isLoggedIn = false;
    for (const socket of [client, own]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
    }
    client.on('data', (chunk) => {
      if (!isLoggedIn) own.write(chunk);
      // Terminate ends the client's connection, and not the session.
      else if (chunk[0] !== 0x58) {
        waiting.push({ by: client, chunk });
        serve();
      }
    });
    own.on('data', (chunk) => {
      if (!isLoggedIn) {
        client.write(chunk);
        if (!isReady(chunk)) return;
        isLoggedIn = true;
        session ??= own;
        return;
      }
      served?.write(chunk);
      if (!isReady(chunk)) return;
      served = undefined;
      serve();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the pooler has no port');
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${address.port}`;
  return {
    url: url.href,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

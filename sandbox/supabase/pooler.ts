import { connect, createServer, type Socket } from 'node:net';
import type { Listening } from '../listen.ts';
import { frames } from './pooler-frames.ts';
import {
  errorResponse,
  isCancelRequest,
  isEncryptionRequest,
  readStartup,
  writeStartup,
} from './pooler-messages.ts';

/** Why the pooler lets nobody in: `(ENOTFOUND) tenant/user … not found`. */
export interface PoolerRefusal {
  code: string;
  message: string;
}

/** What the pooler knows of a user who wants in: the database behind it, or why there is none. */
export type PoolerRoute = { database: string } | { refusal: PoolerRefusal };

/**
 * The connection pooler in front of all projects, in session mode: it finds the project by the user's name, calls every
 * project's database `postgres`, and passes everything else on. The password is the server's matter.
 */
export async function startPooler(options: {
  host: string;
  server: { host: string; port: number };
  routeOf: (user: string) => PoolerRoute;
}): Promise<Pick<Listening, 'url' | 'close'> & { port: number }> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const listener = createServer((client) => {
    keep(client).on('error', () => client.destroy());
    let pending: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 8) {
        const length = pending.readUInt32BE(0);
        if (length < 8 || length > 10_000) return void client.destroy();
        if (pending.length < length) return;
        const message = pending.subarray(0, length);
        pending = pending.subarray(length);
        if (!isEncryptionRequest(message)) {
          client.off('data', onData);
          client.pause();
          begin(client, message, pending);
          return;
        }
        client.write('N');
      }
    };
    client.on('data', onData);
  });

  function begin(client: Socket, first: Buffer, rest: Buffer): void {
    const toServer = (opening: Buffer): Socket => {
      const server = keep(connect(options.server));
      server.on('error', () => client.destroy());
      server.once('close', () => client.destroy());
      client.once('close', () => server.destroy());
      server.write(opening);
      return server;
    };
    if (isCancelRequest(first)) {
      toServer(first);
      return;
    }
    const startup = readStartup(first);
    const route = options.routeOf(startup.get('user') ?? '');
    if ('refusal' in route) {
      client.end(errorResponse(route.refusal));
      return;
    }
    const { database } = route;
    const isOwn = (startup.get('database') ?? 'postgres') === 'postgres';
    const server = toServer(writeStartup(isOwn ? new Map([...startup, ['database', database]]) : startup));
    server.pipe(client);
    const messages = frames(database);
    messages.pipe(server);
    if (rest.length > 0) messages.write(rest);
    client.pipe(messages);
  }

  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(0, options.host, resolve);
  });
  const address = listener.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    port,
    url: `postgresql://${options.host}:${port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

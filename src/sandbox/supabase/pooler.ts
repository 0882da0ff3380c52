/**
 * The address at which projects take connections: a pooler in front of the cluster.
 *
 * Reads as much of a connection as says whose it is, and either refuses it in Supavisor's words or hands it on.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { z } from 'zod';
import { connectOperation, type FaultRegistry } from '../faults.ts';

/** A pooler that listens. */
export interface Pooler {
  host: string;
  port: number;
  close(): Promise<void>;
}

/** What it asks others. */
interface PoolerOptions {
  listen: { host: string; port: number };
  upstream: { host: string; port: number };
  faults: FaultRegistry;
  /** The ref of the project that a user belongs to, while there is one. */
  findRef(user: string): string | undefined;
}

/** The body of a fault that refuses a connection. */
const refusalSchema = z.object({ code: z.string().length(5), message: z.string() });
type Refusal = z.infer<typeof refusalSchema>;

const requestCodes = { ssl: 80_877_103, gssEncryption: 80_877_104, cancel: 80_877_102 };

/** Starts the pooler. Closing it ends every connection through it. */
export async function startPooler({ listen, upstream, faults, findRef }: PoolerOptions): Promise<Pooler> {
  const sockets = new Set<Socket>();

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    socket.setNoDelay(true);
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  }

  function handOn(client: Socket, packet: Buffer): void {
    const server = keep(connect(upstream));
    server.write(packet);
    client.pipe(server).pipe(client);
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  }

  function answer(client: Socket, packet: Buffer): void {
    const user = userIn(packet);
    const ref = findRef(user);
    if (ref === undefined) {
      refuse(client, { code: 'XX000', message: `(ENOTFOUND) tenant/user ${user} not found` });
      return;
    }
    const fault = faults.takeConnection(ref);
    if (fault === undefined) handOn(client, packet);
    else if (fault.mode === 'reject') refuse(client, refusalSchema.parse(fault.body));
    else if (fault.mode === 'drop-before') client.destroy();
    else if (fault.mode !== 'hang-before') throw new Error(`${connectOperation} knows no ${fault.mode}`);
  }

  const server = createServer((socket) => {
    const client = keep(socket);
    let received = Buffer.alloc(0);
    client.on('data', function read(chunk: Buffer) {
      received = Buffer.concat([received, chunk]);
      for (;;) {
        const length = received.length < 8 ? Infinity : received.readInt32BE(0);
        if (received.length < length) return;
        const code = received.readInt32BE(4);
        if (code !== requestCodes.ssl && code !== requestCodes.gssEncryption) break;
        // Neither is spoken here, and the client goes on in the clear.
        client.write('N');
        received = received.subarray(length);
      }
      client.off('data', read);
      client.pause();
      if (received.readInt32BE(4) === requestCodes.cancel) handOn(client, received);
      else answer(client, received);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, resolve);
  });
  return {
    host: listen.host === '0.0.0.0' ? '127.0.0.1' : listen.host,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The user in a startup message: pairs of name and value, each ended by a NUL. */
function userIn(packet: Buffer): string {
  const parts = packet.subarray(8).toString('utf8').split('\0');
  const at = parts.findIndex((part, index) => index % 2 === 0 && part === 'user');
  return at === -1 ? '' : (parts[at + 1] ?? '');
}

/** An ErrorResponse, after which the connection ends. */
function refuse(client: Socket, { code, message }: Refusal): void {
  const fields = `SFATAL\0VFATAL\0C${code}\0M${message}\0\0`;
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(4 + Buffer.byteLength(fields), 1);
  client.end(Buffer.concat([head, Buffer.from(fields)]));
}

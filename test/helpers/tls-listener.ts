/** A listener for TLS that never answers. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** Takes connections and hangs up when a client has greeted: enough to read what it offers before it encrypts. */
export async function startListener(): Promise<{ port: string; hello: () => string }> {
  let hello = '';
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      hello = data.toString('latin1');
      socket.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: String((server.address() as AddressInfo).port), hello: () => hello };
}

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that Linux (32768 to 60999), macOS and Windows (49152 to 65535) give to outgoing connections by default. */
const lowest = 15_000;
const highest = 32_000;
const tries = 100;

/**
 * A TCP port on 127.0.0.1 that nobody listens on at this moment.
 *
 * With the system's defaults no outgoing connection gets it, so a server that stops can have it again.
 */
export async function freePort(): Promise<number> {
  for (let count = 0; count < tries; count += 1) {
    const port = randomInt(lowest, highest);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port on 127.0.0.1 was found from ${lowest} to ${highest}.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['EADDRINUSE', 'EACCES'].includes(String(error.code)))
      return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}

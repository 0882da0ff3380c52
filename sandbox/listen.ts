import { createServer, type RequestListener, type Server } from 'node:http';

/** A server that listens. */
export interface Listening {
  url: string;
  /** From now on connections are refused, and those that are open end. */
  goAway(): Promise<void>;
  /** Listens again, on the same port. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** Listens on a port (0: a free one). Closing it also ends requests that hang. */
export async function listen(listener: RequestListener, host: string, port: number): Promise<Listening> {
  const server: Server = createServer({ keepAliveTimeout: 30_000 }, listener);
  const open = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await open(port);
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`,
    goAway: close,
    async comeBack() {
      if (!server.listening) await open(actualPort);
    },
    close,
  };
}

/** Stands before a provider, and lets everything through until the provider is away for a while. */
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { proxyPage } from '../../sandbox/proxy-page.ts';

/** How it shows: nobody listens on its port, or a proxy before it answers with that status and a page. */
export type Absence = 'refused' | 502 | 503 | 504 | 521;

export interface Front {
  readonly port: number;
  /** From now on the provider is away. Connections end, and so do the requests on them. */
  leave(absence: Absence): Promise<void>;
  /** Everything is let through again, on the same port. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

export async function startFront(targetPort: number): Promise<Front> {
  let absence: Absence | undefined;
  const open = new Set<Socket>();
  const proxy = createHttpServer((request, response) => {
    if (absence === undefined || absence === 'refused') {
      request.destroy();
      return;
    }
    request.resume();
    const { headers, text } = proxyPage(absence);
    response.writeHead(absence, { ...headers, connection: 'close' });
    response.end(text);
  });

  const server = createServer((inner) => {
    track(inner, () => inner.destroy());
    if (absence !== undefined) {
      proxy.emit('connection', inner);
      return;
    }
    const outer = connect(targetPort, '127.0.0.1');
    const end = () => {
      inner.destroy();
      outer.destroy();
    };
    track(inner, end);
    track(outer, end);
    inner.pipe(outer);
    outer.pipe(inner);
  });

  function track(socket: Socket, end: () => void): void {
    open.add(socket);
    socket.setNoDelay(true);
    socket.on('error', end);
    socket.on('close', () => {
      open.delete(socket);
      end();
    });
  }
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  const port = await listenSomewhere(server);

  async function stopListening(): Promise<void> {
    if (!server.listening) return;
    const closed = new Promise((resolve) => {
      server.close(resolve);
    });
    cut();
    await closed;
  }
  return {
    port,
    async leave(how) {
      absence = how;
      if (how === 'refused') await stopListening();
      else cut();
    },
    async comeBack() {
      if (absence === undefined) return;
      absence = undefined;
      cut();
      if (!server.listening) await listenAgain(server, port);
    },
    async close() {
      await stopListening();
    },
  };
}

/** Below the ports that systems give away: nobody takes it while its provider is away. */
const lowestPort = 12_000;
const highestPort = 32_000;

async function listenSomewhere(server: Server): Promise<number> {
  for (;;) {
    const port = lowestPort + Math.floor(Math.random() * (highestPort - lowestPort));
    if (await listen(server, port)) return port;
  }
}

async function listenAgain(server: Server, port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await listen(server, port)) return;
    await delay(25);
  }
  throw new Error(`somebody else has taken port ${port} while its provider was away`);
}

/** False: the port is taken. */
function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const end = (isListening: boolean, error?: NodeJS.ErrnoException) => {
      server.off('error', onError);
      server.off('listening', onListening);
      if (error === undefined || error.code === 'EADDRINUSE') resolve(isListening);
      else reject(error);
    };
    const onError = (error: NodeJS.ErrnoException) => end(false, error);
    const onListening = () => end(true);
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen(port, '127.0.0.1');
  });
}

/** A proxy in front of n8n, as people have them: a path of its own, a password, TLS, and answers that get lost. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface N8nProxy {
  /** Where it listens, its path included. */
  readonly url: string;
  /** The next request that matches `METHOD path` gets through, and its answer does not come back. */
  loseAnswer(pattern: RegExp, whenAnswered?: () => Promise<unknown>): void;
  /** `METHOD path` of every request so far. */
  readonly seen: string[];
  stop(): Promise<void>;
}

export interface N8nProxyOptions {
  /** Asked at each request: a server that is started anew may have another port. */
  readonly target: () => string;
  /** Begins with a slash; taken off before n8n is asked. */
  readonly path?: string;
  /** `user:password`. Whoever does not say it is answered 401, with a page. */
  readonly basicAuth?: string;
  /** For `localhost`. Without it the proxy speaks http. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined;
}

export async function startN8nProxy(options: N8nProxyOptions): Promise<N8nProxy> {
  const { target, path = '', basicAuth, certificate } = options;
  const seen: string[] = [];
  const losses: { pattern: RegExp; whenAnswered: (() => Promise<unknown>) | undefined }[] = [];
  const wanted = basicAuth === undefined ? undefined : `Basic ${Buffer.from(basicAuth).toString('base64')}`;

  function forward(message: IncomingMessage, response: ServerResponse): void {
    const url = message.url ?? '/';
    if (!url.startsWith(`${path}/`)) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404 Not Found</h1>');
      return;
    }
    if (wanted !== undefined && message.headers.authorization !== wanted) {
      response
        .writeHead(401, { 'www-authenticate': 'Basic realm="n8n"', 'content-type': 'text/html' })
        .end('<h1>401 Authorization Required</h1>');
      return;
    }
    const line = `${message.method} ${url.slice(path.length)}`;
    seen.push(line);
    const index = losses.findIndex(({ pattern }) => pattern.test(line));
    const loss = index === -1 ? undefined : losses.splice(index, 1)[0];
    const { hostname, port } = new URL(target());
    const onward = request(
      { hostname, port, method: message.method, path: url.slice(path.length), headers: message.headers },
      (answer) => {
        if (loss === undefined) {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
          return;
        }
        answer.resume();
        answer.on('end', () => {
          void Promise.resolve(loss.whenAnswered?.()).finally(() => response.destroy());
        });
      },
    );
    onward.on('error', () => response.writeHead(502).end('<h1>502 Bad Gateway</h1>'));
    message.pipe(onward);
  }

  const server = certificate === undefined ? createServer(forward) : createSecureServer(certificate, forward);
  const host = certificate === undefined ? '127.0.0.1' : 'localhost';
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://${host}:${port}${path}`,
    seen,
    loseAnswer: (pattern, whenAnswered) => void losses.push({ pattern, whenAnswered }),
    async stop() {
      server.close();
      server.closeAllConnections();
      await Promise.resolve();
    },
  };
}

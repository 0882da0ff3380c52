/** A proxy in front of the API that spoils some answers, as real ones do. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** `pass`; an answer in the API's place; `cut`: it gets the request, and its answer is lost. */
export type Treatment = 'pass' | 'cut' | { readonly status: number; readonly retryAfter?: string };

export interface Front {
  readonly url: string;
  /** Method and path of all that came, in order. */
  readonly requests: string[];
}

/** The first requests meet these, one after the other; all later ones pass. */
export async function startFront(target: string, treatments: readonly Treatment[]): Promise<Front> {
  const left = [...treatments];
  const requests: string[] = [];
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    const treatment = left.shift() ?? 'pass';
    if (typeof treatment === 'object') {
      const { status, retryAfter } = treatment;
      incoming.resume();
      outgoing.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end('<html>');
    } else forward(target, incoming, outgoing, treatment === 'cut');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse, isCut: boolean): void {
  const { method = 'GET', headers, url = '/' } = incoming;
  const forwarded = request(target + url, { method, headers }, (answer) => {
    if (isCut) {
      answer.resume();
      answer.on('end', () => outgoing.destroy());
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  forwarded.on('error', () => outgoing.destroy());
  incoming.pipe(forwarded);
}

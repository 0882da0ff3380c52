import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface HangingReceiver {
  readonly url: string;
  /** Requests without an answer so far. */
  waiting(): number;
  /** The most that waited at once. */
  most(): number;
  /** Answers 204 to those that wait, and to everyone from now on. */
  recover(): void;
}

/** A receiver that takes requests and does not answer, until it recovers or the test is over. */
export async function startHangingReceiver(): Promise<HangingReceiver> {
  const waiting = new Set<ServerResponse>();
  let isWell = false;
  let most = 0;
  const answer = (response: ServerResponse) => response.writeHead(204).end();
  const server = createServer((_request, response) => {
    response.on('close', () => waiting.delete(response));
    waiting.add(response);
    if (isWell) answer(response);
    else most = Math.max(most, waiting.size);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    waiting: () => waiting.size,
    most: () => most,
    recover() {
      isWell = true;
      for (const response of waiting) answer(response);
    },
  };
}

import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Answer } from './exchange.ts';
import type { Delivery } from './fault-plan.ts';

const hugeBytes = 50 * 1024 * 1024;
const hugeChunk = `"${'x'.repeat(64 * 1024 - 4)}",\n`;

function* hugeList(): Generator<string> {
  yield '[';
  for (let sent = 0; sent < hugeBytes; sent += hugeChunk.length) yield hugeChunk;
  yield '""]';
}

async function sendHuge(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  // A caller that has had enough ends it, and is not to blame.
  await pipeline(Readable.from(hugeList()), response).catch(() => {});
}

/** Sends an answer as JSON or text. */
export function send(response: ServerResponse, answer: Answer, headers: Record<string, string> = {}): void {
  const content = answer.text ?? (answer.body === undefined ? '' : JSON.stringify(answer.body));
  const type = answer.text === undefined ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8';
  response.writeHead(answer.status, {
    ...(content === '' ? {} : { 'content-type': type }),
    ...headers,
    ...answer.headers,
    ...(answer.status === 204 ? {} : { 'content-length': String(Buffer.byteLength(content)) }),
  });
  response.end(content);
}

/** Does what was decided with the answer; a dropped or hung request gets none. */
export async function deliver(
  response: ServerResponse,
  delivery: Delivery,
  answer: Answer | undefined,
  headers: Record<string, string>,
): Promise<void> {
  switch (delivery.kind) {
    case 'drop':
      response.socket?.destroy();
      return;
    case 'hang':
      return;
    case 'huge':
      return sendHuge(response);
    case 'replace':
      return send(response, delivery.answer, headers);
    case 'normal':
      if (answer !== undefined) send(response, answer, headers);
  }
}

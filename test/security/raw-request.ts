/** Requests written by hand: what no client library would send. */
import { once } from 'node:events';
import { connect } from 'node:net';

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  /** Beyond `Host`, `Connection` and the length of the body. A name may come twice. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Sent as it is where it is a text, else as JSON. */
  readonly body?: unknown;
  /** Everything, to the letter, instead of all the above. */
  readonly bytes?: string;
}

export interface RawAnswer {
  readonly status: number;
  /** Of the problem document. */
  readonly code: string | undefined;
  /** With its head. */
  readonly text: string;
}

export async function sendRaw(url: string, request: RawRequest): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  // A server that refuses a body before it is read may reset the connection.
  socket.on('error', () => {});
  socket.setTimeout(10_000, () => socket.destroy());
  const closed = once(socket, 'close');
  socket.write(request.bytes?.replaceAll('{host}', host) ?? write(request, host));
  await closed;
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
    code: /"code":"([a-z-]+)"/.exec(text)?.[1],
    text,
  };
}

function write({ method = 'GET', path = '/', headers = [], body }: RawRequest, host: string): string {
  const content = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const all = [
    ...(names.has('host') ? [] : [['Host', host]]),
    ...headers,
    ...(body === undefined || names.has('content-type') ? [] : [['Content-Type', 'application/json']]),
    ...(body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(content))]]),
    ['Connection', 'close'],
  ];
  return `${method} ${path} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${content}`;
}

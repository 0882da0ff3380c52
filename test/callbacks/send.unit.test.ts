import type { RequestListener } from 'node:http';
import type { Writable } from 'node:stream';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../local/free-port.ts';
import { callbackSender } from '../../src/callbacks/send.ts';
import { startReceiver, type Received } from './receiver.ts';

const secretOf = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const signingSecret = secretOf(5);
const signingSecrets = [signingSecret] as const;
const allowedHosts = [{ hostname: '127.0.0.1', port: undefined }];
const send = callbackSender({ signingSecrets, allowedHosts });

const body = JSON.stringify({ type: 'provisioning.succeeded', name: 'Łódź "東京"' });

/** The headers that a receiver verifies a callback by. */
function signatureOf(callback: Received | undefined): Record<string, string> {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  return Object.fromEntries(names.map((name) => [name, String(callback?.headers[name])]));
}

test('a callback is a POST of exactly these bytes, signed so that a Standard Webhooks library verifies it', async () => {
  const { url, received } = await startReceiver((_request, response) => response.writeHead(204).end());

  expect(await send({ id: 'msg_1', url, body })).toEqual({ status: 204 });

  const [callback] = received;
  expect(received).toHaveLength(1);
  expect(callback).toMatchObject({ method: 'POST', path: '/hook?x=1', body });
  expect(callback?.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': 'msg_1' });
  expect(callback?.headers).not.toHaveProperty('authorization');
  const headers = signatureOf(callback);
  expect(new Webhook(signingSecret).verify(callback?.body ?? '', headers)).toEqual(JSON.parse(body));
  expect(() => new Webhook(signingSecret).verify(`${callback?.body} `, headers)).toThrow(
    'No matching signature',
  );
  expect(() => new Webhook(signingSecret).verify(body, { ...headers, 'webhook-id': 'msg_2' })).toThrow(
    'No matching signature',
  );
});

test('while secrets are rotated each of them signs, so that a receiver with either verifies the callback', async () => {
  const { url, received } = await startReceiver((_request, response) => response.end());
  const [newer, older, foreign] = [secretOf(6), secretOf(7), secretOf(8)];
  const rotating = callbackSender({ signingSecrets: [newer, older], allowedHosts });

  await rotating({ id: 'msg_1', url, body });

  const headers = signatureOf(received[0]);
  expect(headers['webhook-signature']).toMatch(/^v1,\S{44} v1,\S{44}$/);
  for (const secret of [newer, older])
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
  expect(() => new Webhook(foreign).verify(body, headers)).toThrow('No matching signature');
});

describe('the answer is told as it is:', () => {
  test.each([200, 301, 302, 307, 400, 410, 429, 500, 503])('%i', async (status) => {
    const { url, received } = await startReceiver((_request, response) =>
      response.writeHead(status, { location: '/elsewhere' }).end(),
    );

    expect(await send({ id: 'msg_1', url, body })).toEqual({ status });
    // A redirect is followed by nobody.
    expect(received).toHaveLength(1);
  });

  test('with the time that the receiver asks for', async () => {
    const { url } = await startReceiver((_request, response) =>
      response.writeHead(503, { 'retry-after': '7' }).end(),
    );

    expect(await send({ id: 'msg_1', url, body })).toEqual({ status: 503, retryAfterMs: 7000 });
  });

  test('with the moment that the receiver asks for', async () => {
    const at = new Date(Date.now() + 90_000).toUTCString();
    const { url } = await startReceiver((_request, response) =>
      response.writeHead(429, { 'retry-after': at }).end(),
    );

    const answer = await send({ id: 'msg_1', url, body });

    expect(answer.status).toBe(429);
    expect(answer.retryAfterMs).toBeGreaterThan(60_000);
    expect(answer.retryAfterMs).toBeLessThanOrEqual(90_000);
  });
});

describe('a receiver does not hold a sender up', () => {
  const impatient = callbackSender({ signingSecrets, allowedHosts, timeoutMs: 300 });

  /** Writes again and again until the other side hangs up. */
  function keepWriting(stream: Writable, text: string): void {
    const timer = setInterval(() => stream.write(text), 5);
    stream.on('error', () => {}).on('close', () => clearInterval(timer));
  }

  /** A receiver, and whether it was hung up on. */
  async function startSlow(answer: RequestListener) {
    const { promise: hungUp, resolve } = Promise.withResolvers<true>();
    const { url } = await startReceiver((request, response) => {
      request.socket.on('close', () => resolve(true));
      answer(request, response);
    });
    return { url, hungUp };
  }

  test.each<[string, RequestListener]>([
    ['that says nothing', () => {}],
    [
      'whose headers never end',
      ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        keepWriting(socket, 'x: y\r\n');
      },
    ],
    ['that only promises an answer', ({ socket }) => keepWriting(socket, 'HTTP/1.1 102 Processing\r\n\r\n')],
  ])('%s: the attempt ends in time, and the connection with it', async (_name, answer) => {
    const { url, hungUp } = await startSlow(answer);

    expect(await impatient({ id: 'msg_1', url, body })).toEqual({ error: 'no answer in time' });
    expect(await hungUp).toBe(true);
  });

  test.each<[string, RequestListener]>([
    [
      'breaks off',
      ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n');
        socket.end('a');
      },
    ],
    ['is slow', (_request, response) => response.writeHead(200, { 'content-length': 9 }).write('a')],
    ['never ends', (_request, response) => keepWriting(response.writeHead(200), 'x'.repeat(50_000))],
    [
      'is larger than memory',
      (_request, response) => response.writeHead(200, { 'content-length': 1e12 }).write('a'),
    ],
  ])('with a body that %s: its status counts, and the body is not read', async (_name, answer) => {
    const { url, hungUp } = await startSlow(answer);

    expect(await send({ id: 'msg_1', url, body })).toEqual({ status: 200 });
    expect(await hungUp).toBe(true);
  });
});

describe('no answer is told by its reason:', () => {
  test('nobody listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}/`;

    expect(await send({ id: 'msg_1', url, body })).toEqual({ error: 'ECONNREFUSED' });
  });

  test('the connection is dropped', async () => {
    const { url } = await startReceiver((request) => request.socket.destroy());

    expect(await send({ id: 'msg_1', url, body })).toEqual({ error: 'UND_ERR_SOCKET' });
  });

  test('the worker is stopped meanwhile', async () => {
    const stop = new AbortController();
    const { url } = await startReceiver(() => stop.abort());

    expect(await send({ id: 'msg_1', url, body }, [stop.signal])).toEqual({
      error: 'cut off: the worker stopped',
    });
  });

  test('the URL may no longer be called', async () => {
    const { url, received } = await startReceiver((_request, response) => response.end());
    const strict = callbackSender({ signingSecrets, allowedHosts: [] });

    expect(await strict({ id: 'msg_1', url, body })).toEqual({
      error: 'refused: the URL must be an https URL',
    });
    expect(received).toEqual([]);
  });
});

test('no attempt takes longer than twenty seconds', () => {
  expect(callbackSender({ signingSecrets, allowedHosts }).timeoutMs).toBe(20_000);
  expect(callbackSender({ signingSecrets, allowedHosts, timeoutMs: 60_000 }).timeoutMs).toBe(20_000);
  expect(callbackSender({ signingSecrets, allowedHosts, timeoutMs: 3000 }).timeoutMs).toBe(3000);
});

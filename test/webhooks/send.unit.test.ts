import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../src/local/free-port.ts';
import { callbackSender } from '../../src/webhooks/send.ts';

const signingSecret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const allowedHosts = [{ hostname: '127.0.0.1', port: undefined }];
const send = callbackSender({ signingSecret, allowedHosts });

interface Received {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver that answers as told. */
async function startReceiver(answer: RequestListener): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ method: request.method, path: request.url, headers: request.headers, body });
      answer(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?x=1`, received };
}

const body = JSON.stringify({ type: 'provisioning.succeeded', name: 'Łódź "東京"' });

test('a callback is a POST of exactly these bytes, signed so that a Standard Webhooks library verifies it', async () => {
  const { url, received } = await startReceiver((_request, response) => response.writeHead(204).end());

  expect(await send({ id: 'msg_1', url, body })).toEqual({ status: 204 });

  const [callback] = received;
  expect(received).toHaveLength(1);
  expect(callback).toMatchObject({ method: 'POST', path: '/hook?x=1', body });
  expect(callback?.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': 'msg_1' });
  expect(callback?.headers).not.toHaveProperty('authorization');
  const headers = {
    'webhook-id': String(callback?.headers['webhook-id']),
    'webhook-timestamp': String(callback?.headers['webhook-timestamp']),
    'webhook-signature': String(callback?.headers['webhook-signature']),
  };
  expect(new Webhook(signingSecret).verify(callback?.body ?? '', headers)).toEqual(JSON.parse(body));
  expect(() => new Webhook(signingSecret).verify(`${callback?.body} `, headers)).toThrow(
    'No matching signature',
  );
  expect(() => new Webhook(signingSecret).verify(body, { ...headers, 'webhook-id': 'msg_2' })).toThrow(
    'No matching signature',
  );
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

  test('without waiting for the end of its body', async () => {
    const { url } = await startReceiver((_request, response) => response.writeHead(200).write('and so on'));

    expect(await send({ id: 'msg_1', url, body })).toEqual({ status: 200 });
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

  test('it takes too long', async () => {
    const { url } = await startReceiver(() => {});
    const impatient = callbackSender({ signingSecret, allowedHosts, timeoutMs: 50 });

    expect(await impatient({ id: 'msg_1', url, body })).toEqual({ error: 'no answer in time' });
  });

  test('the URL may no longer be called', async () => {
    const { url, received } = await startReceiver((_request, response) => response.end());
    const strict = callbackSender({ signingSecret, allowedHosts: [] });

    expect(await strict({ id: 'msg_1', url, body })).toEqual({ error: 'ERR_FORBIDDEN_ADDRESS' });
    expect(received).toEqual([]);
  });
});

test('no attempt takes longer than twenty seconds', () => {
  expect(callbackSender({ signingSecret, allowedHosts }).timeoutMs).toBe(20_000);
  expect(callbackSender({ signingSecret, allowedHosts, timeoutMs: 60_000 }).timeoutMs).toBe(20_000);
  expect(callbackSender({ signingSecret, allowedHosts, timeoutMs: 3000 }).timeoutMs).toBe(3000);
});

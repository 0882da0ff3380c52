/** One request, one answer: what `src/http/request.ts` promises to every provider client, through a real server. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ProviderError } from '../../src/errors.ts';
import { providerHttp, type ProviderConnection } from '../../src/http/request.ts';
import { Permit, PermitRefused } from '../../src/http/permit.ts';
import { startListener } from '../helpers/tls-listener.ts';
import { until } from '../helpers/until.ts';

type Handler = (response: ServerResponse, request: IncomingMessage) => void;

let server: Server;
let baseUrl: string;
let handle: Handler;
/** Method and URL of every request that came in. */
let received: string[];

beforeAll(async () => {
  server = createServer((request, response) => {
    received.push(`${request.method} ${request.url}`);
    request.resume();
    handle(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  received = [];
  handle = json(200, { id: 'a' });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Handler =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body));
const text =
  (status: number, body: string, headers: Record<string, string> = {}): Handler =>
  (response) =>
    void response.writeHead(status, headers).end(body);

const schema = z.object({ id: z.string() });

const secrets = {
  token: 'token-0123456789',
  body: 'body-0123456789',
  query: 'query-0123456789',
  answer: 'answer-0123456789',
};

function connect(options: Partial<ProviderConnection> = {}) {
  return providerHttp({
    provider: 'acme',
    baseUrl,
    headers: { authorization: `Bearer ${secrets.token}` },
    timeoutMs: 10_000,
    ...options,
  });
}

function grant(options: Partial<Parameters<typeof Permit.grant>[0]> = {}): Permit {
  return Permit.grant({
    signal: new AbortController().signal,
    timeoutMs: 10_000,
    mayStart: () => true,
    ...options,
  });
}

/** Makes one mutating call that carries a secret wherever one can be. */
const create = (options: Partial<ProviderConnection> = {}, permit = grant()) =>
  connect(options).mutate(permit, 'POST /things', {
    query: { q: secrets.query },
    body: { password: secrets.body },
    schema,
  });

async function errorOf(call: Promise<unknown>): Promise<ProviderError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ProviderError) return error;
  throw new Error('expected a ProviderError', { cause: error });
}

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  other.close();
  await once(other, 'close');
  return port;
}

const mebibyte = 1024 * 1024;

const partOfAnswer: Handler = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  response.write(`{"id":"${secrets.answer}`);
};

describe('a success', () => {
  test.each([200, 201, 202])(
    'of status %i is its parsed body, without the fields nobody asked for',
    async (status) => {
      handle = json(status, { id: 'a', more: true });
      expect((await create()).data).toEqual({ id: 'a' });
    },
  );

  test('without a body is one where no field is asked for', async () => {
    handle = text(204, '');
    const answer = await connect().mutate(grant(), 'DELETE /things', { schema: z.unknown() });
    expect(answer.data).toBeUndefined();
  });

  test("carries the time on the provider's clock", async () => {
    handle = json(200, { id: 'a' }, { date: 'Tue, 03 Mar 2026 10:00:00 GMT' });
    expect((await create()).at).toEqual(new Date('2026-03-03T10:00:00Z'));
    handle = json(200, { id: 'a' }, { date: 'yesterday' });
    expect((await create()).at).toBeUndefined();
  });

  test('may be as large as 1 MiB', async () => {
    const frame = JSON.stringify({ id: '' }).length;
    handle = json(200, { id: 'x'.repeat(mebibyte - frame) });
    expect((await create()).data.id).toHaveLength(mebibyte - frame);
  });
});

interface Failing {
  readonly what: string;
  readonly answer: Handler;
  readonly outcome: 'not-made' | 'in-doubt';
  readonly status?: number;
  readonly says: string;
}

const refusal = (status: number, outcome: Failing['outcome'], headers?: Record<string, string>): Failing => ({
  what: headers === undefined ? `status ${status}` : `status ${status} with ${Object.keys(headers).join()}`,
  answer: json(status, { message: secrets.answer }, headers),
  outcome,
  status,
  says: `answered ${status}`,
});

const failing: Failing[] = [
  {
    what: 'a success that is no JSON',
    answer: text(200, `<h1>${secrets.answer}`),
    outcome: 'in-doubt',
    status: 200,
    says: 'answered 200 with something unreadable',
  },
  {
    what: 'a success of another shape',
    answer: json(201, { key: secrets.answer }),
    outcome: 'in-doubt',
    status: 201,
    says: 'answered 201 with something unreadable',
  },
  {
    what: 'a success without the body it needs',
    answer: text(200, ''),
    outcome: 'in-doubt',
    status: 200,
    says: 'answered 200 with something unreadable',
  },
  ...[301, 302, 303, 307, 308].map((status) => refusal(status, 'in-doubt', { location: '/elsewhere' })),
  refusal(304, 'in-doubt'),
  ...[400, 401, 402, 403, 404, 409, 410, 422, 423, 429].map((status) => refusal(status, 'not-made')),
  refusal(429, 'not-made', { 'retry-after': '7' }),
  refusal(408, 'in-doubt'),
  ...[500, 502, 503, 504].map((status) => refusal(status, 'in-doubt')),
  {
    what: 'a connection that ends before the answer',
    answer: (response) => response.socket?.destroy(),
    outcome: 'in-doubt',
    says: 'got no answer',
  },
  {
    what: 'a connection that is reset before the answer',
    answer: (response) => response.socket?.resetAndDestroy(),
    outcome: 'in-doubt',
    says: 'got no answer',
  },
  {
    what: 'a connection that is reset in the middle of a success',
    answer: (response, request) => {
      partOfAnswer(response, request);
      setImmediate(() => response.socket?.resetAndDestroy());
    },
    outcome: 'in-doubt',
    says: 'got no answer',
  },
  {
    what: 'an answer of more than 1 MiB',
    answer: (response) => void response.end('x'.repeat(mebibyte + 1)),
    outcome: 'in-doubt',
    says: 'answered with more than 1048576 bytes',
  },
  {
    what: 'a small answer that unpacks to more than 1 MiB',
    answer: (response) =>
      void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(20 * mebibyte))),
    outcome: 'in-doubt',
    says: 'answered with more than 1048576 bytes',
  },
];

/** With their names first, which titles show in full. */
const named = failing.map((row) => [row.what, row.outcome, row] as const);

describe('a mutating call', () => {
  test.each(named)('that meets %s is %s', async (_what, _outcome, { answer, outcome, status, says }) => {
    handle = answer;
    const error = await errorOf(create());
    expect({ outcome: error.outcome, status: error.status }).toEqual({ outcome, status });
    expect(error.message).toMatch(new RegExp(`^acme: POST /things ${says}( \\(\\w+\\))?$`));
    expect(received).toEqual([`POST /things?q=${secrets.query}`]);
  });

  test.each([
    ['never comes', (() => {}) satisfies Handler],
    ['stops in its middle', partOfAnswer],
  ])('whose answer %s is in doubt after the time-out, and hung up', async (_what, answer) => {
    let isHungUp = false;
    handle = (response, request) => {
      request.socket.on('close', () => (isHungUp = true));
      answer(response, request);
    };
    const error = await errorOf(create({ timeoutMs: 200 }));
    expect(error).toMatchObject({ outcome: 'in-doubt', status: undefined });
    expect(error.message).toBe('acme: POST /things got no answer in time');
    await until(() => isHungUp, 'the connection to end');
  });

  test('that reaches nobody was not made', async () => {
    const refused = await errorOf(create({ baseUrl: `http://127.0.0.1:${await closedPort()}` }));
    expect(refused).toMatchObject({ outcome: 'not-made', status: undefined });
    expect(refused.message).toBe('acme: POST /things got no answer (ECONNREFUSED)');
    // By two addresses, where a machine has both.
    const both = await errorOf(create({ baseUrl: `http://localhost:${await closedPort()}` }));
    expect(both.outcome).toBe('not-made');
  });

  test('to a host that has no address was not made', async () => {
    const error = await errorOf(create({ baseUrl: 'http://no-such-host.invalid' }));
    expect(error).toMatchObject({ outcome: 'not-made', status: undefined });
    expect(error.message).toMatch(/ got no answer \((ENOTFOUND|EAI_AGAIN)\)$/);
  });

  test('whose answer never ends is hung up after little more than 1 MiB', async () => {
    let sentBytes = 0;
    let isHungUp = false;
    const endless = new Readable({
      read() {
        sentBytes += 65_536;
        this.push(Buffer.alloc(65_536, 'x'));
      },
    });
    handle = (response) => {
      endless.pipe(response);
      response.on('close', () => {
        endless.destroy();
        isHungUp = true;
      });
    };
    const error = await errorOf(create());
    expect(error.message).toBe('acme: POST /things answered with more than 1048576 bytes');
    await until(() => isHungUp, 'the connection to end');
    // What the buffers between here and there hold comes on top.
    expect(sentBytes).toBeLessThan(32 * mebibyte);
  });

  test.each([
    ['with Retry-After says how long to wait', { 'retry-after': '7' }, 7000],
    ['without Retry-After does not', {}, undefined],
  ])('that is limited %s', async (_what, headers, expected) => {
    handle = json(429, {}, headers);
    expect((await errorOf(create())).retryAfterMs).toBe(expected);
  });

  test('sends its body as JSON, and none where there is none', async () => {
    const types: (string | undefined)[] = [];
    const bodies: string[] = [];
    handle = (response, request) => {
      types.push(request.headers['content-type']);
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => {
        bodies.push(body);
        response.end('{"id":"a"}');
      });
    };
    await create();
    await connect().mutate(grant(), 'DELETE /things', { schema });
    expect(types).toEqual(['application/json', undefined]);
    expect(bodies).toEqual([JSON.stringify({ password: secrets.body }), '']);
  });
});

describe('an error', () => {
  test.each(named)(
    'after %s (%s) tells neither token, body, query nor answer',
    async (_what, _outcome, { answer }) => {
      handle = answer;
      const error = await errorOf(create());
      const told = [
        error.message,
        JSON.stringify(error),
        inspect(error, { depth: 10 }),
        String(error.stack),
      ].join('\n');
      for (const secret of Object.values(secrets)) expect(told).not.toContain(secret);
    },
  );

  test('keeps the beginning of what the provider said, for decisions', async () => {
    handle = text(400, `name taken ${'x'.repeat(500_000)}`);
    const { providerText } = await errorOf(create());
    expect(providerText).toMatch(/^name taken x/);
    expect(providerText).toHaveLength(100_000);
  });
});

describe('a path', () => {
  test.each([
    ['a/b', 'a%2Fb'],
    ['../../admin', '..%2F..%2Fadmin'],
    ['a?b=c#d', 'a%3Fb%3Dc%23d'],
    ['%2e%2e', '%252e%252e'],
    ['ü \n', '%C3%BC%20%0A'],
    ['...', '...'],
  ])('carries the value %j as one segment', async (id, segment) => {
    await connect().read('GET /things/{id}/parts', { params: { id }, schema });
    expect(received).toEqual([`GET /things/${segment}/parts`]);
  });

  test.each(['', '.', '..', undefined])('with the value %j is refused, and nothing is sent', async (id) => {
    const permit = grant();
    const call = { params: id === undefined ? {} : { id }, schema };
    await expect(connect().mutate(permit, 'DELETE /things/{id}', call)).rejects.toThrow(
      'no usable value for {id} in /things/{id}',
    );
    expect(received).toEqual([]);
    expect(permit.isTaken).toBe(false);
  });

  test('has the query of the connection and of the call, without what is undefined', async () => {
    const query = { team: 'a&b', none: undefined };
    await connect({ query }).read('GET /things', { query: { limit: '1', until: undefined }, schema });
    expect(received).toEqual(['GET /things?team=a%26b&limit=1']);
  });

  test('comes after the path of the base URL', async () => {
    await connect({ baseUrl: `${baseUrl}/api/v1` }).read('GET /things', { schema });
    expect(received).toEqual(['GET /api/v1/things']);
  });
});

describe('a read of what may be absent', () => {
  const find = () =>
    connect().readIfThere('GET /things/{id}', {
      params: { id: 'a' },
      schema,
      isAbsent: ({ status, body }) =>
        status === 404 && z.object({ code: z.literal('gone') }).safeParse(body).success,
    });

  test("is undefined on the provider's own not-there", async () => {
    handle = json(404, { code: 'gone' });
    expect(await find()).toBeUndefined();
  });

  test('is the thing when it is there', async () => {
    expect((await find())?.data).toEqual({ id: 'a' });
  });

  test.each([
    ['the 404 of a proxy', text(404, '<h1>not found</h1>')],
    ['another refusal', json(403, { code: 'gone' })],
    ['an outage', json(503, { code: 'gone' })],
    ['a redirect', text(302, '', { location: '/elsewhere' })],
    ['a success that cannot be read', text(200, 'gone')],
    ['a connection that breaks', ((response) => response.socket?.destroy()) satisfies Handler],
  ])('is an error on %s', async (_what, answer) => {
    handle = answer;
    expect(await errorOf(find())).toMatchObject({ operation: 'GET /things/{id}' });
    expect(received).toEqual(['GET /things/a']);
  });
});

describe('a permit', () => {
  test('is good for one call', async () => {
    const permit = grant();
    await create({}, permit);
    await expect(create({}, permit)).rejects.toThrow(PermitRefused);
    expect(received).toHaveLength(1);
  });

  test('is used up by a call that fails, too', async () => {
    handle = json(503, {});
    const permit = grant();
    await errorOf(create({}, permit));
    await expect(create({}, permit)).rejects.toThrow('a permit is good for one call');
    expect(received).toHaveLength(1);
  });

  test('is asked whether it may start at the last moment, and without that nothing leaves', async () => {
    const permit = grant({ mayStart: () => false });
    await expect(create({}, permit)).rejects.toThrow(PermitRefused);
    expect(received).toEqual([]);
    expect(permit.isTaken).toBe(false);
  });

  test('that was aborted lets nothing leave', async () => {
    const permit = grant({ signal: AbortSignal.abort() });
    await expect(create({}, permit)).rejects.toThrow(PermitRefused);
    expect(received).toEqual([]);
    expect(permit.isTaken).toBe(false);
  });

  test('that is aborted during its call ends the call, which is then in doubt', async () => {
    const lease = new AbortController();
    let isHungUp = false;
    handle = (_response, request) => {
      request.socket.on('close', () => (isHungUp = true));
      lease.abort();
    };
    const error = await errorOf(create({}, grant({ signal: lease.signal })));
    expect(error.outcome).toBe('in-doubt');
    await until(() => isHungUp, 'the connection to end');
  });

  test('that is aborted in the middle of an answer ends the call as well', async () => {
    const lease = new AbortController();
    handle = (response, request) => {
      partOfAnswer(response, request);
      setImmediate(() => lease.abort());
    };
    expect((await errorOf(create({}, grant({ signal: lease.signal })))).outcome).toBe('in-doubt');
  });

  test('shortens the time-out of its call', async () => {
    handle = () => {};
    const error = await errorOf(create({ timeoutMs: 60_000 }, grant({ timeoutMs: 100 })));
    expect(error.message).toBe('acme: POST /things got no answer in time');
  });
});

test('a connection that is aborted ends its calls, reads included', async () => {
  const lease = new AbortController();
  handle = () => lease.abort();
  expect(await errorOf(connect({ signal: lease.signal }).read('GET /things', { schema }))).toMatchObject({
    outcome: 'in-doubt',
    status: undefined,
  });
});

test('HTTP/2 is not offered: a dead connection would outlive the calls that it has swallowed', async () => {
  const { port, hello } = await startListener();
  const http = providerHttp({
    provider: 'it',
    baseUrl: `https://127.0.0.1:${port}`,
    headers: {},
    timeoutMs: 5000,
  });

  await expect(http.read('GET /x', { schema: z.unknown() })).rejects.toBeInstanceOf(ProviderError);

  expect(hello()).toContain('\u0008http/1.1');
  expect(hello()).not.toContain('\u0002h2');
});

test('a request names the program: what stands in front of the providers refuses others', async () => {
  let agent: string | undefined;
  handle = (response, request) => {
    agent = request.headers['user-agent'];
    json(200, { id: 'a' })(response, request);
  };
  await providerHttp({ provider: 'it', baseUrl, headers: {}, timeoutMs: 5000 }).read('GET /x', { schema });

  expect(agent).toBe('client-provisioner');
});

import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { AllowedHost } from '../../src/config.ts';
import { callbackSender } from '../../src/callbacks/send.ts';
import { spyOnConnections } from './connect-spy.ts';
import { privateHosts } from './private-hosts.ts';
import { startListener } from '../helpers/tls-listener.ts';
import { startReceiver } from './receiver.ts';

const signingSecrets = [`whsec_${Buffer.alloc(32, 5).toString('base64')}`] as const;
/** Of the public range, and nobody's: no test calls a stranger. */
const publicAddress = '2000::1';

/** The sender that workers use, with name servers under an attacker's control: one list of answers per look-up. */
function sender(settings: { allowed?: readonly AllowedHost[]; answers?: readonly (readonly string[])[] }) {
  const { allowed = [], answers = [['127.0.0.1']] } = settings;
  const asked: string[] = [];
  const send = callbackSender({
    signingSecrets,
    allowedHosts: allowed,
    timeoutMs: 3000,
    resolve: async (name) => {
      asked.push(name);
      return answers[Math.min(asked.length, answers.length) - 1] ?? [];
    },
  });
  return { asked, call: (url: string) => send({ id: 'msg_1', url, body: '{}' }) };
}

describe('nothing is connected to, nor looked up, when the URL names', () => {
  test.each(privateHosts)('%s: %s', async (_what, host) => {
    const spy = spyOnConnections();
    const { call, asked } = sender({});

    const { error } = await call(`https://${host}/`);

    expect(error).toMatch(/^refused: the URL must not name a private (address|host)$/);
    expect(asked).toEqual([]);
    expect(spy.addresses()).toEqual([]);
  });

  test.each([
    ['a zone', 'https://[fe80::1%25eth0]/', 'must be a URL'],
    ['a zone that is not escaped', 'https://[fe80::1%eth0]/', 'must be a URL'],
    ['plain http', 'http://hooks.example/', 'must be an https URL'],
    ['plain http to a metadata address', 'http://169.254.169.254/latest/', 'must be an https URL'],
    ['a file', 'file:///etc/passwd', 'must be an https URL'],
    ['another protocol', 'gopher://127.0.0.1:6379/_FLUSHALL', 'must be an https URL'],
    ['its own content', 'data:text/plain,x', 'must be an https URL'],
    ['a user', 'https://user@hooks.example/', 'must not carry user information'],
    ['a host that looks like a user', 'https://hooks.example@10.0.0.1/', 'must not carry user information'],
    [
      'a host behind a backslash',
      String.raw`https:\\10.0.0.1\@hooks.example/`,
      'must not name a private address',
    ],
    [
      'a host of a name that is too long',
      `https://${'a'.repeat(64)}.example/`,
      'must not name a host of more than 253 characters, or 63 between two dots',
    ],
    ['a host broken by a line end', 'https://10.0.\n0.1/', 'must not have spaces or control characters'],
  ])('%s: %s', async (_what, url, refusal) => {
    const spy = spyOnConnections();
    const { call, asked } = sender({});

    expect(await call(url)).toEqual({ error: `refused: the URL ${refusal}` });
    expect(asked).toEqual([]);
    expect(spy.addresses()).toEqual([]);
  });
});

describe('nothing is connected to when a public name leads to', () => {
  test.each([
    ['this machine', ['127.0.0.1']],
    ['this machine in IPv6', ['::1']],
    ['no address in particular', ['0.0.0.0']],
    ['a private network', ['10.0.0.1']],
    ["a carrier's network", ['100.64.0.1']],
    ['the metadata address', ['169.254.169.254']],
    ["Azure's wire server", ['168.63.129.16']],
    ["Alibaba's metadata address", ['100.100.100.200']],
    ["Amazon's metadata address in IPv6", ['fd00:ec2::254']],
    ['a mapped address', ['::ffff:10.0.0.1']],
    ['a mapped address in hex', ['::ffff:a00:1']],
    ['an address behind NAT64', ['64:ff9b::a00:1']],
    ['an address behind 6to4', ['2002:a00:1::']],
    ['a link-local address with a zone', ['fe80::1%eth0']],
    ['a private address after a public one', [publicAddress, '10.0.0.1']],
    ['a private address before a public one', ['10.0.0.1', publicAddress]],
    ['something that is no address', ['0x7f.1']],
    ['no address at all', []],
  ])('%s', async (_what, addresses) => {
    const spy = spyOnConnections();
    const { call, asked } = sender({ answers: [addresses] });

    const { error } = await call('https://hooks.example/');

    // Whoever may read the record of deliveries does not learn from it where names lead inside.
    expect(error).toBe('refused: the name in the URL leads to an address that is not public');
    expect(asked).toEqual(['hooks.example']);
    expect(spy.addresses()).toEqual([]);
  });
});

test('a connection serves one attempt: HTTP/2, which would keep it for later ones, is not offered', async () => {
  const { port, hello } = await startListener();
  const { call } = sender({ allowed: [{ hostname: '127.0.0.1', port }] });

  await call(`https://127.0.0.1:${port}/`);

  expect(hello()).toContain('\u0008http/1.1');
  expect(hello()).not.toContain('\u0002h2');
});

test('a name that turns to a private address is refused from then on, and what was judged is what is called', async () => {
  const spy = spyOnConnections();
  const { call, asked } = sender({ answers: [[publicAddress], ['10.0.0.1'], ['::1']] });

  expect((await call('https://hooks.example/')).error).not.toMatch(/^refused/);
  expect(asked).toHaveLength(1);
  expect(spy.addresses()).toEqual([publicAddress]);

  for (const attempt of [2, 3]) {
    expect((await call('https://hooks.example/')).error).toMatch(/^refused/);
    expect(asked).toHaveLength(attempt);
  }
  expect(spy.addresses()).toEqual([publicAddress]);
});

describe('an allowed host', () => {
  const allowed = [{ hostname: '127.0.0.1', port: undefined }];

  test.each([200, 204])('that answers %i is connected to, at each attempt anew', async (status) => {
    const spy = spyOnConnections();
    const { url, received } = await startReceiver((_request, response) => response.writeHead(status).end());
    const { call } = sender({ allowed });

    for (let attempt = 1; attempt <= 5; attempt += 1) {
      expect(await call(url)).toEqual({ status });
      // An idle connection would be taken again by now.
      await nextTurn();
    }

    expect(spy.addresses()).toEqual(Array(5).fill('127.0.0.1'));
    expect(received).toHaveLength(5);
  });

  test('is not connected to by a name that no server can have', async () => {
    const spy = spyOnConnections();
    const hostname = `${'a'.repeat(50)}.`.repeat(6);
    const { call } = sender({ allowed: [{ hostname, port: undefined }] });

    expect((await call(`https://${hostname}/`)).error).toMatch(
      /^refused: the URL must not name a host of more/,
    );
    expect(spy.addresses()).toEqual([]);
  });

  test('may be a name that leads inside', async () => {
    const spy = spyOnConnections();
    const { url, received } = await startReceiver((_request, response) => response.end());
    const { call } = sender({ allowed: [{ hostname: 'localhost', port: new URL(url).port }] });

    expect(await call(url.replace('127.0.0.1', 'localhost'))).toEqual({ status: 200 });

    expect(spy.addresses()).toContain('127.0.0.1');
    expect(received).toHaveLength(1);
  });

  test('leads to no other: a redirect is not followed', async () => {
    const spy = spyOnConnections();
    const { url } = await startReceiver((_request, response) =>
      response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
    );
    const { call } = sender({ allowed });

    expect(await call(url)).toEqual({ status: 307 });

    expect(spy.addresses()).toEqual(['127.0.0.1']);
  });

  test.each([
    ['another port of it', 'http://127.0.0.1:6379/', [{ hostname: '127.0.0.1', port: '9' }]],
    ['its neighbour', 'http://127.0.0.2/', allowed],
    ['another name of it', 'https://hooks.example/', allowed],
    ['a name below it', 'http://metadata.hooks.internal/', [{ hostname: 'hooks.internal', port: undefined }]],
  ])('does not stand for %s', async (_what, url, allowedHosts) => {
    const spy = spyOnConnections();
    const { call } = sender({ allowed: allowedHosts });

    expect((await call(url)).error).toMatch(/^refused/);

    expect(spy.addresses()).toEqual([]);
  });
});

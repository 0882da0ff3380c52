import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AllowedHost } from '../../src/config.ts';
import { freePort } from '../../src/local/free-port.ts';
import { guardedAgent, isPublicAddress, refuseCallbackUrl, type Resolve } from '../../src/webhooks/guard.ts';

const host = (hostname: string, port?: string): AllowedHost => ({ hostname, port });

describe('a URL is refused that names', () => {
  test.each([
    ['this machine', 'https://127.0.0.1/'],
    ['this machine by another of its addresses', 'https://127.8.9.10/'],
    ['this machine in short', 'https://127.1/'],
    ['this machine in decimal', 'https://2130706433/'],
    ['this machine in hex', 'https://0x7f000001/'],
    ['this machine in parts of hex', 'https://0x7f.0.0.0x1/'],
    ['this machine in octal', 'https://0177.0.0.01/'],
    ['this machine with a dot', 'https://127.0.0.1./'],
    ['this machine in wide digits', 'https://１２７.０.０.１/'],
    ['this machine with an escape', 'https://%31%32%37.0.0.1/'],
    ['no address in particular', 'https://0.0.0.0/'],
    ['no address in particular in short', 'https://0/'],
    ['a private network 10', 'https://10.1.2.3/'],
    ['a private network 172.16', 'https://172.31.255.255/'],
    ['a private network 192.168', 'https://192.168.0.1/'],
    ['a private network in decimal', 'https://3232235521/'],
    ["a carrier's network", 'https://100.64.0.1/'],
    ['a link-local address', 'https://169.254.1.1/'],
    ['the metadata address', 'https://169.254.169.254/latest/meta-data/'],
    ['the metadata address in hex', 'https://0xa9fea9fe/'],
    ["Azure's metadata address", 'https://168.63.129.16/'],
    ["Alibaba's metadata address", 'https://100.100.100.200/'],
    ['a network for documentation', 'https://192.0.2.1/'],
    ['a network for benchmarks', 'https://198.18.0.1/'],
    ['a multicast address', 'https://224.0.0.1/'],
    ['the broadcast address', 'https://255.255.255.255/'],
    ['a reserved address', 'https://240.0.0.1/'],
    ['IPv6 loopback', 'https://[::1]/'],
    ['IPv6 loopback in full', 'https://[0000:0000:0000:0000:0000:0000:0000:0001]/'],
    ['no IPv6 address in particular', 'https://[::]/'],
    ['a unique local address', 'https://[fd12:3456::1]/'],
    ["Amazon's metadata address in IPv6", 'https://[fd00:ec2::254]/'],
    ['a link-local IPv6 address', 'https://[fe80::1]/'],
    ['an old site-local address', 'https://[fec0::1]/'],
    ['a multicast IPv6 address', 'https://[ff02::1]/'],
    ['a mapped address', 'https://[::ffff:127.0.0.1]/'],
    ['a mapped address in hex', 'https://[::ffff:a9fe:a9fe]/'],
    ['a compatible address', 'https://[::10.0.0.1]/'],
    ['a translated address', 'https://[::ffff:0:10.0.0.1]/'],
    ['an address behind NAT64', 'https://[64:ff9b::10.0.0.1]/'],
    ['an address behind a NAT64 of its own', 'https://[64:ff9b:1::10.0.0.1]/'],
    ['an address behind 6to4', 'https://[2002:7f00:1::]/'],
    ['an address behind Teredo', 'https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/'],
    ['an IPv6 address for documentation', 'https://[2001:db8::1]/'],
    ['localhost', 'https://localhost/'],
    ['localhost in capitals and with a dot', 'https://LOCALHOST./'],
    ['a name below localhost', 'https://api.localhost/'],
    ['a name of a local network', 'https://printer.local/'],
    ['an internal name', 'https://metadata.google.internal/'],
    ['a home network', 'https://nas.home.arpa/'],
  ])('%s: %s', (_name, url) => {
    expect(refuseCallbackUrl(url, [])).toMatch(/^must not name a private (address|host)$/);
  });
});

describe('a URL is refused that', () => {
  test.each([
    ['is none', 'hooks.example', 'must be a URL'],
    ['has no host', 'https:///', 'must be a URL'],
    ['is not https', 'http://hooks.example/', 'must be an https URL'],
    ['is not of the web', 'ftp://hooks.example/', 'must be an https URL'],
    ['is a script', 'javascript:alert(1)', 'must be an https URL'],
    ['has a user name', 'https://user@hooks.example/', 'must not carry user information'],
    ['has a password', 'https://:password@hooks.example/', 'must not carry user information'],
    [
      'hides its host behind a user name',
      'https://hooks.example@10.0.0.1/',
      'must not carry user information',
    ],
    ['has a blank before it', ' https://hooks.example/', 'must not have spaces or control characters'],
    [
      'has a line break in its host',
      'https://hooks\n.example/',
      'must not have spaces or control characters',
    ],
    ['has a NUL', 'https://hooks.example/\0', 'must not have spaces or control characters'],
  ])('%s', (_name, url, reason) => {
    expect(refuseCallbackUrl(url, [])).toBe(reason);
  });
});

test.each([
  'https://hooks.example/x?y=z#f',
  'https://hooks.example:8443/',
  'https://1.1.1.1/',
  'https://[2606:4700:4700::1111]/',
  'https://localhost.example/',
  'https://10.0.0.1.example/',
  'https://käse.example/',
])('a public URL is taken: %s', (url) => {
  expect(refuseCallbackUrl(url, [])).toBeUndefined();
});

describe('an allowed host', () => {
  test.each([
    ['needs neither https nor a public address', 'http://10.0.0.1/x', [host('10.0.0.1')]],
    ['without a port allows every port', 'http://10.0.0.1:9000/', [host('10.0.0.1')]],
    ['with a port allows that one', 'http://hooks.internal:9000/', [host('hooks.internal', '9000')]],
    ['with port 80 is plain http', 'http://hooks.internal/', [host('hooks.internal', '80')]],
    ['with port 443 is plain https', 'https://hooks.internal/', [host('hooks.internal', '443')]],
    ['is meant in any spelling', 'http://0x7f000001:9/', [host('127.0.0.1', '9')]],
    ['may be an IPv6 address', 'http://[0::1]:9/', [host('[::1]', '9')]],
  ])('%s', (_name, url, allowed) => {
    expect(refuseCallbackUrl(url, allowed)).toBeUndefined();
  });

  test.each([
    ['on another port', 'http://hooks.internal:9001/', [host('hooks.internal', '9000')]],
    [
      'on the default port when another is allowed',
      'http://hooks.internal/',
      [host('hooks.internal', '9000')],
    ],
    ['below an allowed one', 'http://evil.hooks.internal/', [host('hooks.internal')]],
    ['that begins like an allowed one', 'http://hooks.internal.example/', [host('hooks.internal')]],
    ['that is not allowed', 'http://10.0.0.2/', [host('10.0.0.1')]],
    ['that is allowed, with user information', 'http://u@10.0.0.1/', [host('10.0.0.1')]],
    ['that is allowed, by another protocol', 'ftp://10.0.0.1/', [host('10.0.0.1')]],
  ])('does not stand for one %s', (_name, url, allowed) => {
    expect(refuseCallbackUrl(url, allowed)).toBeDefined();
  });
});

test('what is no address is not a public one', () => {
  expect(['', 'hooks.example', '1.2.3', '1.2.3.4.5', 'fe80::1%eth0'].filter(isPublicAddress)).toEqual([]);
});

describe('at the connection', () => {
  /** A server on this machine that must not be reached. */
  async function listenLocally(): Promise<{ port: number; connections: () => number }> {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return { port: (server.address() as AddressInfo).port, connections: () => connections };
  }

  /** Answers look-ups as a name server under somebody's control would. */
  function resolveTo(...addresses: readonly (readonly string[])[]): { resolve: Resolve; asked: string[] } {
    const asked: string[] = [];
    const answer = (name: string, _options: unknown, done: (error: null, found: LookupAddress[]) => void) => {
      const found = addresses[Math.min(asked.length, addresses.length - 1)] ?? [];
      asked.push(name);
      done(
        null,
        found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    };
    // The overloads of dns.lookup cannot be written down; only this one is called.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return { resolve: answer as unknown as Resolve, asked };
  }

  const forbidden = { cause: { code: 'ERR_FORBIDDEN_ADDRESS' } };

  test.each([
    ['a private address', ['127.0.0.1']],
    ['the metadata address', ['169.254.169.254']],
    ['a mapped private address', ['::ffff:127.0.0.1']],
    ['a private address among public ones', ['1.1.1.1', '127.0.0.1']],
    ['nothing', []],
  ])('a public name that resolves to %s is refused', async (_name, addresses) => {
    const { port, connections } = await listenLocally();
    const { resolve, asked } = resolveTo(addresses);

    const sent = guardedAgent([], resolve).fetch(`https://hooks.example:${port}/`, {});

    await expect(sent).rejects.toMatchObject(forbidden);
    expect(asked).toEqual(['hooks.example']);
    expect(connections()).toBe(0);
  });

  test('a name is judged anew at every send, whatever it resolved to before', async () => {
    const { port, connections } = await listenLocally();
    const { resolve, asked } = resolveTo(['127.0.0.1'], ['10.0.0.1', '127.0.0.1']);
    const agent = guardedAgent([], resolve);

    await expect(agent.fetch(`https://hooks.example:${port}/`, {})).rejects.toMatchObject(forbidden);
    await expect(agent.fetch(`https://hooks.example:${port}/`, {})).rejects.toMatchObject(forbidden);

    expect(asked).toHaveLength(2);
    expect(connections()).toBe(0);
  });

  test('a private address in the URL, which is never looked up, is refused too', async () => {
    const { port, connections } = await listenLocally();
    const { resolve, asked } = resolveTo(['1.1.1.1']);

    await expect(guardedAgent([], resolve).fetch(`https://127.0.0.1:${port}/`, {})).rejects.toMatchObject({
      code: 'ERR_FORBIDDEN_ADDRESS',
    });

    expect(asked).toEqual([]);
    expect(connections()).toBe(0);
  });

  test('an allowed name may resolve to a private address', async () => {
    const { port, connections } = await listenLocally();

    await expect(
      guardedAgent([host('localhost', String(port))]).fetch(`http://localhost:${port}/`, {}),
    ).rejects.not.toMatchObject(forbidden);

    expect(connections()).toBe(1);
  });

  test('an allowed IPv6 address is connected to', async () => {
    const port = await freePort();
    const sent = guardedAgent([host('[::1]')]).fetch(`http://[::1]:${port}/`, {});

    // Nobody listens there, and some machines have no IPv6 at all.
    await expect(sent).rejects.toMatchObject({
      cause: {
        code: expect.stringMatching(/^E(CONNREFUSED|ADDRNOTAVAIL|NETUNREACH|AFNOSUPPORT)$/) as unknown,
      },
    });
  });
});

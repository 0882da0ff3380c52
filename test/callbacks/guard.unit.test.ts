import { describe, expect, test } from 'vitest';
import type { AllowedHost } from '../../src/config.ts';
import { isPublicAddress, refuseCallbackUrl } from '../../src/callbacks/guard.ts';
import { privateHosts } from './private-hosts.ts';

/** A name of so many characters, in labels of 49. */
const ofLength = (length: number) => `${`${'a'.repeat(49)}.`.repeat(7).slice(0, length - 1)}z`;

const allow = (hostname: string, port?: string): AllowedHost => ({ hostname, port });

describe('a URL is refused that names', () => {
  test.each(privateHosts)('%s: %s', (_what, host) => {
    expect(refuseCallbackUrl(`https://${host}/`, [])).toMatch(/^must not name a private (address|host)$/);
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

describe('a host whose name the domain name system cannot know is refused, an allowed one too:', () => {
  const tooLong = 'must not name a host of more than 253 characters, or 63 between two dots';

  test.each([
    ['of 254 characters', ofLength(254)],
    ['of 254 characters and a dot', `${ofLength(254)}.`],
    ['of 300 characters', ofLength(300)],
    ['of 64 characters between two dots', `${'a'.repeat(64)}.example`],
    ['whose letters take more in ASCII', `${'ü'.repeat(60)}.example`],
  ])('%s', (_name, hostname) => {
    const inUrl = new URL(`http://${hostname}`).hostname;
    expect(refuseCallbackUrl(`https://${hostname}/`, [])).toBe(tooLong);
    expect(refuseCallbackUrl(`http://${hostname}/`, [allow(inUrl)])).toBe(tooLong);
  });

  test.each([ofLength(253), `${ofLength(253)}.`, `${'a'.repeat(63)}.example`])('%s is not', (hostname) => {
    expect(refuseCallbackUrl(`https://${hostname}/`, [])).toBeUndefined();
    expect(refuseCallbackUrl(`http://${hostname}/`, [allow(hostname)])).toBeUndefined();
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
    ['needs neither https nor a public address', 'http://10.0.0.1/x', [allow('10.0.0.1')]],
    ['without a port allows every port', 'http://10.0.0.1:9000/', [allow('10.0.0.1')]],
    ['with a port allows that one', 'http://hooks.internal:9000/', [allow('hooks.internal', '9000')]],
    ['with port 80 is plain http', 'http://hooks.internal/', [allow('hooks.internal', '80')]],
    ['with port 443 is plain https', 'https://hooks.internal/', [allow('hooks.internal', '443')]],
    ['is meant in any spelling', 'http://0x7f000001:9/', [allow('127.0.0.1', '9')]],
    ['may be an IPv6 address', 'http://[0::1]:9/', [allow('[::1]', '9')]],
  ])('%s', (_name, url, allowed) => {
    expect(refuseCallbackUrl(url, allowed)).toBeUndefined();
  });

  test.each([
    ['on another port', 'http://hooks.internal:9001/', [allow('hooks.internal', '9000')]],
    [
      'on the default port when another is allowed',
      'http://hooks.internal/',
      [allow('hooks.internal', '9000')],
    ],
    ['below an allowed one', 'http://evil.hooks.internal/', [allow('hooks.internal')]],
    ['that begins like an allowed one', 'http://hooks.internal.example/', [allow('hooks.internal')]],
    ['that is not allowed', 'http://10.0.0.2/', [allow('10.0.0.1')]],
    ['that is allowed, with user information', 'http://u@10.0.0.1/', [allow('10.0.0.1')]],
    ['that is allowed, by another protocol', 'ftp://10.0.0.1/', [allow('10.0.0.1')]],
  ])('does not stand for one %s', (_name, url, allowed) => {
    expect(refuseCallbackUrl(url, allowed)).toBeDefined();
  });
});

test('what is no address is not a public one', () => {
  expect(['', 'hooks.example', '1.2.3', '1.2.3.4.5', 'fe80::1%eth0'].filter(isPublicAddress)).toEqual([]);
});

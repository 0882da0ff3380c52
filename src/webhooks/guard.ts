/**
 * Where callbacks may go: to public addresses over https, and to the hosts that the operator has allowed.
 *
 * A name is judged by the address that is connected to, at every connection: what it resolved to before does not
 * count, and neither does a filter on look-ups alone, which an address in the URL never passes through.
 */
import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, buildConnector, fetch, type RequestInit, type Response } from 'undici';
import type { AllowedHost } from '../config.ts';

/** Why a URL is refused as a callback's. Undefined: it is not. */
export function refuseCallbackUrl(text: string, allowedHosts: readonly AllowedHost[]): string | undefined {
  // The parser drops them silently, so the URL called would not be the one that was sent.
  if (/[\p{Cc}\s]/u.test(text)) return 'must not have spaces or control characters';
  if (!URL.canParse(text)) return 'must be a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be an https URL';
  if (url.username !== '' || url.password !== '') return 'must not carry user information';
  if (isAllowed(url, allowedHosts)) return undefined;
  if (url.protocol !== 'https:') return 'must be an https URL';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPublicAddress(host)) return 'must not name a private address';
  if (/(^|\.)(localhost|local|internal|localdomain|home\.arpa)\.?$/i.test(host))
    return 'must not name a private host';
  return undefined;
}

/** Only what the internet routes to one host. Mapped and translated addresses count as what they stand for. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(globalUnicast)) return false;
  return !metadataAddresses.has(parsed.toString());
}

/** All that is assigned of IPv6. https://www.iana.org/assignments/ipv6-address-space */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/** Cloud metadata services that live on addresses which are otherwise public. */
const metadataAddresses = new Set(['168.63.129.16', '100.100.100.200']);

function isAllowed(url: URL, allowedHosts: readonly AllowedHost[]): boolean {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return allowedHosts.some(
    (entry) => entry.hostname === url.hostname && (entry.port === undefined || entry.port === port),
  );
}

class ForbiddenAddress extends Error {
  readonly code = 'ERR_FORBIDDEN_ADDRESS';
}

interface GuardedAgent {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** How names become addresses. */
export type Resolve = typeof lookup;

/** A fetch whose connections reach public addresses only, but for the allowed hosts. */
export function guardedAgent(allowedHosts: readonly AllowedHost[], resolve: Resolve = lookup): GuardedAgent {
  const open = buildConnector({ timeout: 10_000 });
  const openPublic = buildConnector({ timeout: 10_000, lookup: publicOnly(resolve) });
  const agent = new Agent({
    // One connection per attempt, so that each attempt is judged anew.
    pipelining: 0,
    connect(options, callback) {
      const host = isIP(options.hostname) === 6 ? `[${options.hostname}]` : options.hostname;
      const url = new URL(`${options.protocol}//${host}${options.port === '' ? '' : `:${options.port}`}`);
      const refusal = refuseCallbackUrl(url.href, allowedHosts);
      if (refusal !== undefined) callback(new ForbiddenAddress(refusal), null);
      else if (isAllowed(url, allowedHosts)) open(options, callback);
      else openPublic(options, callback);
    },
  });
  return {
    fetch: async (url, init) => {
      const refusal = refuseCallbackUrl(url, allowedHosts);
      if (refusal !== undefined) throw new ForbiddenAddress(refusal);
      return fetch(url, { ...init, dispatcher: agent });
    },
  };
}

function publicOnly(resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 4);
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address)))
        return callback(new ForbiddenAddress(`${hostname} has a private address`), '', 4);
      if (options.all === true) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

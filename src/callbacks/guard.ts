/** Decides where callbacks may go: to public addresses over https, and to the hosts that the operator has allowed. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { AllowedHost } from '../config.ts';
import { hostTooLong, isOfHostLength } from '../http/host-names.ts';

/** Why a URL is refused as a callback's. Undefined: it is not. */
export function refuseCallbackUrl(text: string, allowedHosts: readonly AllowedHost[]): string | undefined {
  // The parser drops them silently, so the URL called would not be the one that was sent.
  if (/[\p{Cc}\s]/u.test(text)) return 'must not have spaces or control characters';
  if (!URL.canParse(text)) return 'must be a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be an https URL';
  if (url.username !== '' || url.password !== '') return 'must not carry user information';
  if (!isOfHostLength(url.hostname)) return hostTooLong;
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

/** True where a URL is one of an allowed host. */
export function isAllowed(url: URL, allowedHosts: readonly AllowedHost[]): boolean {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return allowedHosts.some(
    (entry) => entry.hostname === url.hostname && (entry.port === undefined || entry.port === port),
  );
}

/**
 * Host names, as they may reach the resolver and OpenSSL.
 *
 * A server name of 256 characters or more leaves an error in OpenSSL's queue, where another user of OpenSSL in the
 * process finds it and takes it for its own.
 */
import { isIP } from 'node:net';

/** The longest that the domain name system knows. https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4 */
const longestName = 253;
const longestLabel = 63;

/** True where the domain name system could know a name of that length. */
export function isOfHostLength(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  return name.length <= longestName && name.split('.').every((label) => label.length <= longestLabel);
}

/** True for a host that a provider names: an address, or a name and nothing else, no path of a socket. */
export function isHostName(text: string): boolean {
  return isIP(text) !== 0 || (/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/.test(text) && isOfHostLength(text));
}

/** True where a URL's host has a name of that kind; for a variable's schema. */
export function hasUsableHost(url: string): boolean {
  const hostname = URL.parse(url)?.hostname ?? '';
  return isOfHostLength(hostname);
}

export const hostTooLong = 'must not name a host of more than 253 characters, or 63 between two dots';

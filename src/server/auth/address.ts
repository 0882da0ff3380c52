/** The address that a request comes from. */
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

/** The network address of whoever is connected. Headers that name another can be forged. */
export function addressOf(request: IncomingMessage): string {
  const address = request.socket.remoteAddress ?? '';
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}

/** All that one subscriber may choose from: an IPv4 address, or the 64-bit network of an IPv6 address. */
export function networkOf(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  const [plain] = address.split('%');
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${plain}/64`).toString()}/64`;
}

/**
 * The connections of callbacks, each judged when it is made.
 *
 * What a name resolved to before does not count, and a filter on look-ups alone does not suffice: an address in the URL
 * never passes through one. What was judged is what is connected to; nobody looks the name up again.
 */
import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import { Agent, buildConnector, fetch, type RequestInit, type Response } from 'undici';
import type { AllowedHost } from '../config.ts';
import { isAllowed, isPublicAddress, refuseCallbackUrl } from './guard.ts';
import { askNameServers, type Resolve } from './resolve.ts';

/** Its message says what was refused, and never the address that a name has led to. */
export class ForbiddenAddress extends Error {}

interface GuardedAgent {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** A fetch whose connections reach public addresses only, but for the allowed hosts. */
export function guardedAgent(
  allowedHosts: readonly AllowedHost[],
  resolve: Resolve = askNameServers(),
): GuardedAgent {
  // HTTP/2 would keep a connection for later attempts, however it is configured, and those would not be judged.
  const settings = { timeout: 10_000, allowH2: false };
  const open = buildConnector(settings);
  const openPublic = buildConnector({ ...settings, lookup: publicOnly(resolve) });
  const agent = new Agent({
    // One connection per attempt, so that each attempt is judged anew.
    pipelining: 0,
    connect(options, callback) {
      const host = isIP(options.hostname) === 6 ? `[${options.hostname}]` : options.hostname;
      const url = new URL(`${options.protocol}//${host}${options.port === '' ? '' : `:${options.port}`}`);
      const refusal = refuseCallbackUrl(url.href, allowedHosts);
      if (refusal !== undefined) callback(new ForbiddenAddress(`the URL ${refusal}`), null);
      else if (isAllowed(url, allowedHosts)) open(options, callback);
      else openPublic(options, callback);
    },
  });
  return {
    fetch: async (url, init) => {
      const refusal = refuseCallbackUrl(url, allowedHosts);
      if (refusal !== undefined) throw new ForbiddenAddress(`the URL ${refusal}`);
      return fetch(url, { ...init, dispatcher: agent });
    },
  };
}

type Found = readonly [LookupAddress, ...LookupAddress[]];

function publicOnly(resolve: Resolve): LookupFunction {
  const look = callbackify((hostname: string) => listPublic(resolve, hostname));
  return (hostname, options, callback) => {
    look(hostname, (error: NodeJS.ErrnoException | null, found?: Found) => {
      if (found === undefined) callback(error, '', 0);
      else if (options.all === true) callback(null, [...found]);
      else callback(null, found[0].address, found[0].family);
    });
  };
}

/** One address that is not public among others is enough: whoever controls the name chooses which is tried. */
async function listPublic(resolve: Resolve, hostname: string): Promise<Found> {
  const addresses = await resolve(hostname);
  const [first, ...others] = addresses.map((address) => ({ address, family: isIP(address) }));
  if (first === undefined || !addresses.every(isPublicAddress))
    throw new ForbiddenAddress('the name in the URL leads to an address that is not public');
  return [first, ...others];
}

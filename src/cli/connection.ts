/** The address of the API and the key for it: from the environment, else from the profile. */
import { isIPv4 } from 'node:net';
import { headerKey } from '../http/credential.ts';
import { CliError, exitCodes, usageError } from './exit.ts';
import { readProfile } from './profile.ts';

export interface Connection {
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: string;
}

/** Each of the two comes from the environment where it is set there. Throws a CliError where one is missing or wrong. */
export async function findConnection(
  environment: Readonly<Record<string, string | undefined>>,
  options: { readonly isInsecure: boolean },
): Promise<Connection> {
  const given = { url: environment['PROVISIONER_URL'] ?? '', key: environment['PROVISIONER_KEY'] ?? '' };
  const profile = given.url !== '' && given.key !== '' ? undefined : await readProfile(environment);
  // A key is for the address it was made for: the profile's goes nowhere else.
  if (given.url !== '' && given.key === '' && profile !== undefined && sameOrigin(given.url, profile.url))
    return checkConnection({ url: given.url, key: profile.key }, options);
  const url = given.url === '' ? profile?.url : given.url;
  const key = given.key === '' ? (given.url === '' ? profile?.key : undefined) : given.key;
  if (url === undefined || key === undefined) {
    const missing = url === undefined ? 'The address of the API' : `The key for ${url}`;
    throw new CliError(
      exitCodes.notAllowed,
      `${missing} is not known. Run "login --url <address>", or set PROVISIONER_URL and PROVISIONER_KEY.`,
    );
  }
  return checkConnection({ url, key }, options);
}

/** Throws a CliError where the address is none, or would carry the key in the clear. */
export function checkConnection(
  { url, key }: Connection,
  { isInsecure }: { readonly isInsecure: boolean },
): Connection {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw usageError('The address of the API must begin with https:// (or http:// on this machine).');
  if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '')
    throw usageError('The address of the API must have no user, no password, no query and no fragment.');
  if (parsed.protocol === 'http:' && !isLoopback(parsed.hostname) && !isInsecure)
    throw usageError(
      `The key would go to ${parsed.host} unencrypted. Use https://, or give --insecure where the network is yours.`,
    );
  const problem = headerKey.safeParse(key).error?.issues[0]?.message;
  if (problem !== undefined) throw usageError(`The key ${problem}.`);
  return { url: parsed.href.replace(/\/+$/, ''), key };
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
  );
}

function sameOrigin(one: string, other: string): boolean {
  return URL.parse(one)?.origin === URL.parse(other)?.origin;
}

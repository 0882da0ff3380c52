/** Finds the caller of a request: by its bearer token, or by the key given at the dashboard's sign-in. */
import type { IncomingMessage } from 'node:http';
import type { ServerConfig } from '../../config.ts';
import type { Pool } from '../../ledger/pool.ts';
import type { Caller } from './caller.ts';
import { Problem } from '../problem.ts';
import { createJwtCheck } from './jwt-check.ts';
import { createKeyCheck } from './key-check.ts';
import { createKeyLookup } from './key-lookup.ts';
import { createThrottle } from '../middleware/throttle.ts';

export interface Access {
  /**
   * Finds out who sends a request. Throws 401, the same for every reason; 429 after too many failures; 503 where only the
   * database or the issuer of a token could tell, and is away.
   */
  identify(request: IncomingMessage): Promise<Caller>;
  /** Finds out whose key was given to sign in with. Undefined: nobody's. Throws 429 and 503 as above. */
  identifyByKey(request: IncomingMessage, key: string): Promise<Caller | undefined>;
  /** True while the key of a caller is valid. */
  isKeyValid(by: string): Promise<boolean>;
}

export function createAccess(config: ServerConfig, pool: Pool): Access {
  const keys = createKeyCheck(config.ADMIN_API_KEY, createKeyLookup(pool));
  const checkJwt = jwtCheckOf(config);
  const throttle = createThrottle(pool);

  async function bearerOf(token: string): Promise<Caller | undefined> {
    return (await keys.callerOf(token)) ?? (await checkJwt?.(token));
  }

  return {
    async identify(request) {
      const credential = bearerToken(request.headers.authorization);
      if (credential === undefined) throw unauthorized();
      const found = await throttle({ address: addressOf(request), credential }, () => bearerOf(credential));
      if (found === undefined) throw unauthorized();
      return found;
    },
    identifyByKey: (request, key) =>
      throttle({ address: addressOf(request), credential: key }, () => keys.callerOf(key)),
    isKeyValid: (by) => keys.isValid(by),
  };
}

function jwtCheckOf(config: ServerConfig) {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = config;
  if (jwksUrl === undefined || issuer === undefined || audience === undefined) return undefined;
  return createJwtCheck({ jwksUrl, issuer, audience });
}

/** The token of `Authorization: Bearer <token>`. */
function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(header ?? '')?.[1];
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '';
}

function unauthorized(): Problem {
  return new Problem(401, 'unauthorized', 'Send a valid key or token as "Authorization: Bearer <key>".', {
    headers: { 'WWW-Authenticate': 'Bearer' },
  });
}

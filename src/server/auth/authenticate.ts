/** Finds the caller of a request: by its bearer token, or by what was given at the sign-in. */
import type { IncomingMessage } from 'node:http';
import type { ServerConfig } from '../../config.ts';
import type { Pool } from '../../ledger/pool.ts';
import type { Role } from '../../ledger/roles.ts';
import { addressOf } from './address.ts';
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
  /** Finds out whose key or token was given to sign in with. Undefined: nobody's. Throws 429 and 503 as above. */
  identifyBy(request: IncomingMessage, credential: string): Promise<Caller | undefined>;
  /** The role of the key that a caller is named by. Undefined: it is no key, or not valid any more. Throws 503 as above. */
  roleOfKey(by: string): Promise<Role | undefined>;
}

export function createAccess(config: ServerConfig, pool: Pool): Access {
  const keys = createKeyCheck(config.ADMIN_API_KEY, createKeyLookup(pool));
  const checkJwt = jwtCheckOf(config);
  const throttle = createThrottle(pool);

  function identifyBy(request: IncomingMessage, credential: string): Promise<Caller | undefined> {
    return throttle(
      { address: addressOf(request), credential },
      async () => (await keys.callerOf(credential)) ?? (await checkJwt?.(credential)),
    );
  }

  return {
    async identify(request) {
      const credential = bearerToken(request.headers.authorization);
      if (credential === undefined) throw unauthorized();
      const found = await identifyBy(request, credential);
      if (found === undefined) throw unauthorized();
      return found;
    },
    identifyBy,
    roleOfKey: (by) => keys.roleOf(by),
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

/** The same for every reason. */
export function unauthorized(): Problem {
  return new Problem(401, 'unauthorized', 'Send a valid key or token as "Authorization: Bearer <key>".', {
    headers: { 'WWW-Authenticate': 'Bearer' },
  });
}

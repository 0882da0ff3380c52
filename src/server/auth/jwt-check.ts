/**
 * Finds out whose JWT this is, by the signing keys that an issuer publishes.
 *
 * A role comes from `app_metadata.role` and from nowhere else: in Supabase Auth the user can write `user_metadata`,
 * and the top-level `role` is the one in Postgres.
 */
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { roles } from '../../ledger/roles.ts';
import type { Caller } from './caller.ts';
import { Problem } from '../problem.ts';

export interface Issuer {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
}

/** Undefined: not valid. Throws 503 where the issuer's keys would tell, and cannot be had. */
export type JwtCheck = (token: string) => Promise<Caller | undefined>;

/** Asymmetric ones only: with HS256 the published key would be the secret. */
const algorithms = ['ES256', 'RS256', 'PS256', 'EdDSA'];
const maxTokenLength = 8192;
const issuerTimeoutMs = 3000;
const clockToleranceSeconds = 5;

export function createJwtCheck({ jwksUrl, issuer, audience }: Issuer): JwtCheck {
  const publishedKeys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: issuerTimeoutMs });
  const keyOf: JWTVerifyGetKey = (header, token) =>
    publishedKeys(header, token).catch((error: unknown) => {
      throw isRefusal(error) ? error : issuerAway(error);
    });
  const options = {
    algorithms,
    issuer,
    audience,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: clockToleranceSeconds,
  };
  return async (token) => {
    if (token.length > maxTokenLength) return undefined;
    try {
      return callerOf((await jwtVerify(token, keyOf, options)).payload);
    } catch (error) {
      if (error instanceof Problem) throw error;
      return undefined;
    }
  };
}

/** True where the keys are there, and the token fits none of them. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function issuerAway(cause: unknown): Problem {
  return new Problem(
    503,
    'issuer-unavailable',
    'The keys that would prove this token cannot be had at present.',
    {
      headers: { 'Retry-After': '5' },
      cause,
    },
  );
}

const subject = z.string().regex(/^[\x21-\x7e]{1,200}$/);
const appMetadata = z.object({ role: z.enum(roles) });

/** Undefined: nobody that could be named in a record. */
function callerOf(payload: JWTPayload): Caller | undefined {
  const sub = subject.safeParse(payload.sub);
  if (!sub.success) return undefined;
  const metadata = appMetadata.safeParse(payload['app_metadata']);
  const expiresAtMs = (payload.exp ?? 0) * 1000;
  return {
    by: `jwt:${sub.data}`,
    role: metadata.success ? metadata.data.role : undefined,
    expiresAtMs,
    stillCounts: async () => Date.now() < expiresAtMs + clockToleranceSeconds * 1000,
  };
}

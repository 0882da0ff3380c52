/** Who may call: everybody who knows the admin key. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import type { Caller } from '../caller.ts';
import { Problem } from '../problem.ts';

/** Compares in constant time, whatever the lengths. */
export function keyMatcher(adminApiKey: string): (candidate: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(adminApiKey);
  return (candidate) => timingSafeEqual(digest(candidate), wanted);
}

/** The token of `Authorization: Bearer <token>`. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(header ?? '')?.[1];
}

/** Who calls. Throws a 401 that does not say why. */
export function authenticator(adminApiKey: string): (request: Request) => Promise<Caller> {
  const matches = keyMatcher(adminApiKey);
  return async (request) => {
    const token = bearerToken(request.headers.authorization);
    if (token === undefined || !matches(token))
      throw new Problem(401, 'unauthorized', 'Send a key as "Authorization: Bearer <key>".', {
        headers: { 'WWW-Authenticate': 'Bearer' },
      });
    return { by: 'admin-key', role: 'admin' };
  };
}

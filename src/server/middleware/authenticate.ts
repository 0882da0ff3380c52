/** Who may call: everybody who knows the admin key. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
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

export function authenticate(matches: (candidate: string) => boolean): RequestHandler {
  return (request, _response, next) => {
    const token = bearerToken(request.headers.authorization);
    if (token === undefined || !matches(token))
      throw new Problem(401, 'unauthorized', 'Send the admin key as "Authorization: Bearer <key>".', {
        headers: { 'WWW-Authenticate': 'Bearer' },
      });
    next();
  };
}

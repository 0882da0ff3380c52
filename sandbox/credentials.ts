import { createHmac } from 'node:crypto';
import type { ProviderName } from './exchange.ts';
import { randomAlphanumeric, randomHex } from './random.ts';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JSON web token signed with HS256. */
export function signToken(payload: Record<string, unknown>, secret: string): string {
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

/** One random token per provider, in the provider's form. */
export function createTokens(): Record<ProviderName, string> {
  return {
    supabase: `sbp_${randomHex(40)}`,
    github: `ghp_${randomAlphanumeric(36)}`,
    vercel: randomAlphanumeric(24),
    n8n: signToken(
      { sub: randomHex(32), iss: 'n8n', aud: 'public-api', iat: Math.floor(Date.now() / 1000) },
      randomHex(32),
    ),
  };
}

/** The token in an `Authorization: Bearer …` (or `token …`) header. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^(?:bearer|token)\s+(\S+)$/i.exec(header ?? '')?.[1];
}

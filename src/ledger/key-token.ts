/** The form of an API key, `cpk_<id>_<secret>`, and what is kept of it. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export interface KeyToken {
  /** Names the key in lists, in the log and in what was done with it. */
  readonly id: string;
  /** 256 random bits as text. Shown once, kept nowhere. */
  readonly secret: string;
}

export function newKeyToken(): KeyToken {
  return { id: randomBytes(6).toString('hex'), secret: randomBytes(32).toString('base64url') };
}

export function formatKeyToken({ id, secret }: KeyToken): string {
  return `cpk_${id}_${secret}`;
}

/** Undefined: it has not the form of a key. */
export function readKeyToken(text: string): KeyToken | undefined {
  const [, id, secret] = /^cpk_([0-9a-f]{12})_([\w-]{43})$/.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/**
 * The part of a key that the ledger keeps: an HMAC of its id, keyed with its secret. One moved to another id fits no more.
 *
 * The secret is taken as text: base64 has several texts for the same bytes, and only one of them is the key.
 */
export function verifierOf({ id, secret }: KeyToken): Buffer {
  return createHmac('sha256', secret).update(`client-provisioner/api-key/${id}`).digest();
}

/** Compares in constant time. */
export function fitsVerifier(token: KeyToken, verifier: Buffer): boolean {
  return timingSafeEqual(verifierOf(token), verifier);
}

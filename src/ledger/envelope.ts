/**
 * A JWE in its compact form, of one kind only: A256GCM, its key wrapped with A256GCMKW.
 *
 * Made with node:crypto. The AES of WebCrypto, which libraries for JWE use, aborts the process when another user of
 * OpenSSL, such as a TLS connection that failed, has left an error in its queue meanwhile.
 *
 * https://www.rfc-editor.org/rfc/rfc7516#section-3.1, https://www.rfc-editor.org/rfc/rfc7518#section-4.7
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { z } from 'zod';

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const authTagLength = 16;

const headerSchema = z.object({
  alg: z.literal('A256GCMKW'),
  enc: z.literal('A256GCM'),
  kid: z.string(),
  /** The row that it belongs to. */
  row: z.string(),
  iv: z.base64url(),
  tag: z.base64url(),
  // Extensions that a reader must understand, and a compressed text: neither is ever written.
  crit: z.undefined().optional(),
  zip: z.undefined().optional(),
});

/** The text in an envelope's header: without it the envelope cannot be opened. */
export interface EnvelopeLabel {
  readonly kid: string;
  readonly row: string;
}

/** Encrypts with a key of its own, which the given one wraps. */
export function seal(key: Buffer, label: EnvelopeLabel, value: string): string {
  const contentKey = randomBytes(32);
  const wrapped = encryptWith(key, contentKey, '');
  const header = JSON.stringify({
    alg: 'A256GCMKW',
    enc: 'A256GCM',
    kid: label.kid,
    row: label.row,
    iv: wrapped.nonce.toString('base64url'),
    tag: wrapped.tag.toString('base64url'),
  });
  const protectedHeader = Buffer.from(header).toString('base64url');
  const { nonce, ciphertext, tag } = encryptWith(contentKey, Buffer.from(value), protectedHeader);
  const parts = [wrapped.ciphertext, nonce, ciphertext, tag].map((part) => part.toString('base64url'));
  return [protectedHeader, ...parts].join('.');
}

/** Throws where the key is another, or anything was tampered with. */
export function open(key: Buffer, envelope: string): { label: EnvelopeLabel; value: string } {
  const parts = envelope.split('.');
  const [protectedHeader = '', ...binary] = parts;
  const [wrappedKey, nonce, ciphertext, tag] = binary.map((part) => Buffer.from(part, 'base64url'));
  if (parts.length !== 5 || !wrappedKey || !nonce || !ciphertext || !tag)
    throw new Error('a stored secret is no envelope');
  const header = readHeader(protectedHeader);
  const contentKey = decryptWith(
    key,
    {
      nonce: Buffer.from(header.iv, 'base64url'),
      ciphertext: wrappedKey,
      tag: Buffer.from(header.tag, 'base64url'),
    },
    '',
  );
  const value = decryptWith(contentKey, { nonce, ciphertext, tag }, protectedHeader).toString('utf8');
  return { label: { kid: header.kid, row: header.row }, value };
}

function readHeader(protectedHeader: string): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(Buffer.from(protectedHeader, 'base64url').toString('utf8')));
  } catch (error) {
    throw new Error('a stored secret is in an envelope of a kind that is not allowed', { cause: error });
  }
}

interface Sealed {
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

function encryptWith(key: Buffer, content: Buffer, authenticated: string): Sealed {
  const nonce = randomBytes(nonceBytes);
  const encrypting = createCipheriv(cipher, key, nonce, { authTagLength });
  encrypting.setAAD(Buffer.from(authenticated));
  const ciphertext = Buffer.concat([encrypting.update(content), encrypting.final()]);
  return { nonce, ciphertext, tag: encrypting.getAuthTag() };
}

function decryptWith(key: Buffer, { nonce, ciphertext, tag }: Sealed, authenticated: string): Buffer {
  try {
    const decrypting = createDecipheriv(cipher, key, nonce, { authTagLength });
    decrypting.setAAD(Buffer.from(authenticated)).setAuthTag(tag);
    return Buffer.concat([decrypting.update(ciphertext), decrypting.final()]);
  } catch (error) {
    throw new Error('a stored secret does not decrypt: its key is another, or it was tampered with', {
      cause: error,
    });
  }
}

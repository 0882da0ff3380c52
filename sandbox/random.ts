import { createHash, randomBytes, randomInt } from 'node:crypto';

const lowercase = 'abcdefghijklmnopqrstuvwxyz';
const alphanumeric = `${lowercase}${lowercase.toUpperCase()}0123456789`;

function pick(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

/** Lowercase letters only, as in a Supabase project ref. */
export const randomLetters = (length: number): string => pick(lowercase, length);

/** Letters of both cases and digits, as in most providers' ids. */
export const randomAlphanumeric = (length: number): string => pick(alphanumeric, length);

/** Lowercase letters and digits, as in host names. */
export const randomLowercase = (length: number): string => pick(`${lowercase}0123456789`, length);

/** Hexadecimal digits, as in a commit sha. */
export const randomHex = (length: number): string =>
  randomBytes(Math.ceil(length / 2))
    .toString('hex')
    .slice(0, length);

/** A short fingerprint by which a secret can be recognised but not read. */
export const fingerprint = (secret: string): string =>
  `sha256:${createHash('sha256').update(secret).digest('hex').slice(0, 12)}`;

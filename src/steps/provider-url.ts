/** The addresses of providers, as variables spell them. */
import { z } from 'zod';
import { hasUsableHost, hostTooLong } from '../http/host-names.ts';

/** The base of a provider's API, without the slashes at its end. */
export const apiUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL', abort: true })
  .refine(hasUsableHost, hostTooLong)
  .transform(withoutSlashes);

/** A server of one's own: host, port and path, with or without http:// or https:// (https without). */
export const hostUrl = z.string().transform((text, context) => {
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  const isBase = url !== null && /^https?:$/.test(url.protocol);
  const isNothingElse = isBase && url.href === `${url.origin}${url.pathname}`;
  if (isNothingElse && hasUsableHost(url.href)) return withoutSlashes(url.href);
  context.addIssue(
    isNothingElse
      ? hostTooLong
      : 'must be a host, with or without http:// or https://, port and path, and nothing else',
  );
  return z.NEVER;
});

function withoutSlashes(url: string): string {
  return url.replace(/\/+$/, '');
}

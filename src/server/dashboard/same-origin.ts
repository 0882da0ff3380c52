/** Keeps other sites from posting the dashboard's forms in a visitor's name. */
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Tells whether a form was sent from our own page, or by no page at all.
 *
 * Browsers say so by `Sec-Fetch-Site`, but only to https and to localhost; to others they say `Origin`.
 * https://www.w3.org/TR/fetch-metadata/
 */
export function isFromOwnOrigin(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return headers.origin === undefined || headers.origin === new URL(publicUrl).origin;
}

/**
 * Recognizes a provider that is not there at the moment: nobody listens, or somebody in front of it answers instead.
 *
 * Such an answer says nothing about the request, and ends by itself. Pure.
 */

/**
 * Statuses of proxies whose server does not answer them: 502 to 504 of any, and Cloudflare's own.
 * https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
 */
const awayStatuses = new Set([502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530]);

/**
 * n8n answers before its routes are there: first every URL with 200 and a text, then for a moment with the page by
 * which Express refuses an unknown route. Its own refusals are JSON. Seen on 2.41.1.
 */
const startUpAnswers: readonly { readonly status: number; readonly text: RegExp }[] = [
  { status: 200, text: /^\s*n8n is starting up/i },
  { status: 404, text: /^\s*<!doctype html>[^]{0,400}<pre>Cannot (GET|POST|PUT|PATCH|DELETE) \//i },
];

/** Tells whether an answer comes from a provider that is away. */
export function isAwayAnswer(provider: string, status: number, text: string): boolean {
  if (awayStatuses.has(status)) return true;
  return (
    provider === 'n8n' && startUpAnswers.some((answer) => answer.status === status && answer.text.test(text))
  );
}

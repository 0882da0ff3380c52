/** Errors of pages, as pages: a browser gets no JSON, and whoever is not signed in is led to the sign-in. */
import type { ErrorRequestHandler } from 'express';
import { html, toText } from '../../console/html.ts';
import { bare } from '../../console/pages/plain.ts';
import { isDatabaseAway } from '../../ledger/pool.ts';
import { signInPath } from '../dashboard/sign-in.ts';
import { Problem } from '../problem.ts';

/** Everything is served by us, and nothing else may run or be loaded. */
export const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const handlePageErrors: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const wantsPage =
    request.headers.authorization === undefined && request.accepts(['json', 'html']) === 'html';
  if (response.headersSent || !wantsPage || request.path.startsWith('/api/')) {
    next(error);
    return;
  }
  const isAway = isDatabaseAway(error) || (error instanceof Problem && error.status === 503);
  const status = isAway ? 503 : error instanceof Problem ? error.status : 500;
  if (status === 401) {
    response.redirect(303, `${signInPath}?next=${encodeURIComponent(request.originalUrl)}`);
    return;
  }
  if (status >= 500) request.log.error({ err: error }, 'a page failed');
  const { title, text } = wordsFor(status, error);
  const body = html`<h1>${title}</h1>
    <p class="prose">${text}</p>
    <p class="buttons"><a class="button" href="/">Overview</a></p>`;
  response.set('Content-Security-Policy', contentPolicy);
  if (error instanceof Problem) response.set(error.headers);
  response
    .status(status)
    .type('html')
    .send(toText(bare(title, body)));
};

function wordsFor(status: number, error: unknown): { readonly title: string; readonly text: string } {
  if (status === 503)
    return {
      title: 'This cannot be shown at present',
      text: 'The ledger cannot be reached, or this process stops. Nothing is lost, and what runs goes on by itself. Load the page again in a moment.',
    };
  if (status === 404) return { title: 'There is nothing here', text: 'The address names no page.' };
  if (error instanceof Problem) return { title: error.title, text: error.message };
  return { title: 'Something went wrong here', text: 'The log has it under the request id.' };
}

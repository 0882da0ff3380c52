/** Errors of pages, as pages: a browser gets no JSON, and whoever is not signed in is led to the sign-in. */
import type { ErrorRequestHandler } from 'express';
import { html, toText } from '../../console/html.ts';
import { bare } from '../../console/pages/plain.ts';
import { signInPath } from '../dashboard/sign-in.ts';
import { hasSession } from '../auth/sessions.ts';
import { asProblem } from '../middleware/handle-errors.ts';
import type { Problem } from '../problem.ts';

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
  const problem = asProblem(error);
  const { status } = problem;
  // Who has a session and is asked for a key all the same is no further after another sign-in.
  if (status === 401 && !hasSession(request.headers.cookie)) {
    response.redirect(303, `${signInPath}?next=${encodeURIComponent(request.originalUrl)}`);
    return;
  }
  if (status >= 500) request.log.error({ err: error }, 'a page failed');
  const { title, text } = wordsFor(problem);
  const body = html`<h1>${title}</h1>
    <p class="prose">${text}</p>
    <p class="buttons"><a class="button" href="/">Overview</a></p>`;
  response.set('Content-Security-Policy', contentPolicy).set(problem.headers);
  response
    .status(status)
    .type('html')
    .send(toText(bare(title, body)));
};

function wordsFor({ status, title, message }: Problem): { readonly title: string; readonly text: string } {
  if (status === 503)
    return {
      title: 'This cannot be shown at present',
      text: 'The ledger cannot be reached, or this process stops. Nothing is lost, and what runs goes on by itself. Load the page again in a moment.',
    };
  if (status === 404) return { title: 'There is nothing here', text: 'The address names no page.' };
  if (status === 401)
    return { title: 'This is for programs', text: 'It is asked for with a key, not with a session.' };
  if (status === 500)
    return { title: 'Something went wrong here', text: 'The log has it under the request id.' };
  return { title, text: message };
}

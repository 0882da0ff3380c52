/** Every error leaves as a problem document; what is not meant for callers stays in the log. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { isDatabaseAway } from '../../ledger/pool.ts';
import { databaseAway, Problem } from '../problem.ts';

export const refuseUnknownRoute: RequestHandler = () => {
  throw notFound();
};

function notFound(): Problem {
  return new Problem(404, 'not-found', 'There is nothing here.');
}

export const handleErrors: ErrorRequestHandler = (error: unknown, request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const problem = asProblem(error);
  if (problem.status >= 500) request.log.error({ err: error }, 'request failed');
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  response
    .status(problem.status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: problem.title,
        status: problem.status,
        detail: problem.message,
        code: problem.code,
        requestId: typeof request.id === 'string' ? request.id : undefined,
        ...problem.extra,
      }),
    );
};

/** Any error as callers may see it. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isDatabaseAway(error)) return databaseAway(error);
  // A path that cannot be decoded names nothing.
  if (error instanceof URIError) return notFound();
  const status = statusOf(error);
  if (status === 413) return new Problem(413, 'content-too-large', 'The body is larger than 64 KiB.');
  if (status === 415)
    return new Problem(415, 'unsupported-media-type', 'The body is in an encoding not supported.');
  if (status !== undefined && status >= 400 && status < 500)
    return new Problem(
      400,
      'malformed-request',
      'The request cannot be read: is its body JSON, and its URL well-formed?',
    );
  return new Problem(
    500,
    'internal-error',
    'Something went wrong here. The log has it under the request id.',
  );
}

/** The status that a body parser or the router gives its errors. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;
}

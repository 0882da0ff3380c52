/** 503 once the process begins to stop: a connection that is kept alive brings nothing new. */
import type { RequestHandler } from 'express';
import { Problem } from '../problem.ts';

export function refuseWhenStopping(stopping: AbortSignal): RequestHandler {
  return (request, _response, next) => {
    if (!stopping.aborted || request.path === '/healthz') return next();
    throw new Problem(503, 'stopping', 'This process is stopping. Ask again, another one answers.', {
      headers: { 'Retry-After': '1', Connection: 'close' },
    });
  };
}

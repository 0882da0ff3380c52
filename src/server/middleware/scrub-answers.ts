/** Takes secrets out of what handlers written by others answer. */
import type { RequestHandler } from 'express';
import type { Scrub } from '../../log/scrubber.ts';

/**
 * Scrubs every text before Express counts its length and makes its ETag, so that both are right, for HEAD as well.
 *
 * JSON comes through here as the text it has become. Files are sent by other means, as they are.
 */
export function scrubAnswers(scrub: Scrub): RequestHandler {
  return (_request, response, next) => {
    const send = response.send.bind(response);
    response.send = (body: unknown) => send(typeof body === 'string' ? scrub(body) : body);
    next();
  };
}

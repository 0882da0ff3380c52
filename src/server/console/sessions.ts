/** Who looks at a page: whoever is signed in. Others are led to the sign-in, and back. */
import type { Request, RequestHandler, Response } from 'express';
import { may } from '../../ledger/roles.ts';
import { isFromOwnOrigin } from '../dashboard/same-origin.ts';
import { signInPath } from '../dashboard/sign-in.ts';
import { unauthorized } from '../auth/authenticate.ts';
import type { Caller } from '../auth/caller.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { Deps } from '../deps.ts';
import type { RateLimit } from '../middleware/rate-limit.ts';
import { within } from '../../queue/within.ts';
import { databaseAway, Problem } from '../problem.ts';

export type PageHandler = (request: Request, response: Response, caller: Caller) => Promise<void>;

export interface PageDoors {
  readonly deps: Deps;
  readonly sessions: Sessions;
  readonly limitRate: RateLimit;
}

/** A ledger that is there has answered by then. */
const sessionTimeoutMs = 2000;

/** A page for whoever is signed in and may read. Who comes with a key asks the API, not for pages. */
export function forSignedIn({ deps, sessions, limitRate }: PageDoors, handle: PageHandler): RequestHandler {
  return async (request, response, next) => {
    if (request.headers.authorization !== undefined) return next();
    const isForm = request.method === 'POST';
    if (isForm && !isFromOwnOrigin(request.headers, deps.publicUrl()))
      throw new Problem(403, 'forbidden', `Use the form of ${new URL(deps.publicUrl()).origin} itself.`);
    const caller = await within(sessionTimeoutMs, sessions.callerOf(request)).catch((error: unknown) => {
      throw databaseAway(error);
    });
    if (caller === undefined || !may(caller.role, 'read')) {
      if (request.accepts(['json', 'html']) !== 'html') throw unauthorized();
      const wanted = isForm ? '/' : request.originalUrl;
      return response.redirect(303, `${signInPath}?next=${encodeURIComponent(wanted)}`);
    }
    await limitRate(caller);
    await handle(request, response, caller);
  };
}

/** `/admin/sign-in` and `/admin/sign-out`: a key or a token for a session, and its end. */
import { Router, urlencoded, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import { recordSignInFailure } from '../../ledger/sign-in-failures.ts';
import type { Deps } from '../deps.ts';
import type { Access } from '../auth/authenticate.ts';
import { addressOf, networkOf } from '../auth/address.ts';
import type { Caller } from '../auth/caller.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { RateLimit } from '../middleware/rate-limit.ts';
import { Problem } from '../problem.ts';
import { isFromOwnOrigin } from './same-origin.ts';
import { toText } from '../../console/html.ts';
import { signInPage, signOutPage } from '../../console/pages/plain.ts';

export const dashboardPath = '/admin/queues';
export const signInPath = '/admin/sign-in';
export const signOutPath = '/admin/sign-out';

/** What a sign-in has to do with. */
export interface Doors {
  readonly access: Access;
  readonly sessions: Sessions;
  readonly limitRate: RateLimit;
  readonly requireDatabase: RequestHandler;
}

export function signInRoutes(deps: Deps, { access, sessions, limitRate, requireDatabase }: Doors): Router {
  const router = Router();

  /** A failure is written down, also where it is one too many. */
  async function identify(request: Request, credential: string): Promise<Caller | undefined> {
    const noteFailure = () => recordSignInFailure(deps.pool, networkOf(addressOf(request)));
    try {
      const caller = await access.identifyBy(request, credential);
      if (caller?.role === undefined) await noteFailure();
      return caller;
    } catch (error) {
      if (error instanceof Problem && error.status === 429) await noteFailure();
      throw error;
    }
  }

  const refuseOtherSites: RequestHandler = (request, _response, next) => {
    if (!isFromOwnOrigin(request.headers, deps.publicUrl()))
      throw new Problem(403, 'forbidden', `Use the form of ${new URL(deps.publicUrl()).origin} itself.`);
    next();
  };
  // Else browsers would hide from us that our own form was sent.
  const letOriginBeSent: RequestHandler = (_request, response, next) => {
    response.setHeader('Referrer-Policy', 'same-origin');
    next();
  };
  router.use([signInPath, signOutPath], letOriginBeSent);

  const takesJwt = deps.config.AUTH_JWKS_URL !== undefined;
  const showForm = (response: Response, status: number, error: string | undefined, next: string) => {
    response.status(status).type('html');
    response.send(toText(signInPage({ error, next, takesJwt })));
  };

  router.get(signInPath, (request, response) => {
    showForm(response, 200, undefined, pathOf(request.query['next']));
  });

  router.post(
    signInPath,
    refuseOtherSites,
    requireDatabase,
    urlencoded({ extended: false, limit: '16kb' }),
    async (request, response) => {
      const { key, next } = signInForm.parse(request.body ?? {});
      const caller = await identify(request, key);
      if (caller === undefined) return showForm(response, 401, 'This key is not valid.', pathOf(next));
      if (caller.role === undefined)
        return showForm(response, 403, 'This token has no role here.', pathOf(next));
      response.set(await limitRate(caller));
      await sessions.begin(request, response, caller);
      response.redirect(303, pathOf(next));
    },
  );

  router.get(signOutPath, (_request, response) => {
    response.type('html').send(toText(signOutPage()));
  });

  router.post(signOutPath, refuseOtherSites, requireDatabase, async (request, response) => {
    await sessions.end(request, response);
    response.redirect(303, signInPath);
  });

  return router;
}

const signInForm = z.object({ key: z.string().catch(''), next: z.unknown().optional() });

/** A page of ours, whatever somebody has put into a link. */
function pathOf(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) && !next.startsWith(signInPath)
    ? next
    : '/';
}

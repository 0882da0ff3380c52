/** `/admin/sign-in` and `/admin/sign-out`: a key or a token for a session, and its end. */
import { Router, urlencoded, type Request, type RequestHandler } from 'express';
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
import { signInPage, signOutPage } from './sign-in-page.ts';

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

  router.get(signInPath, (_request, response) => {
    response.type('html').send(signInPage(''));
  });

  router.post(
    signInPath,
    refuseOtherSites,
    requireDatabase,
    urlencoded({ extended: false, limit: '16kb' }),
    async (request, response) => {
      const caller = await identify(request, keyIn(request.body));
      if (caller === undefined) {
        response.status(401).type('html').send(signInPage('This key is not valid.'));
        return;
      }
      if (caller.role === undefined) {
        response.status(403).type('html').send(signInPage('This token has no role here.'));
        return;
      }
      response.set(await limitRate(caller));
      await sessions.begin(request, response, caller);
      response.redirect(303, dashboardPath);
    },
  );

  router.get(signOutPath, (_request, response) => {
    response.type('html').send(signOutPage);
  });

  router.post(signOutPath, refuseOtherSites, requireDatabase, async (request, response) => {
    await sessions.end(request, response);
    response.redirect(303, signInPath);
  });

  return router;
}

const keyForm = z.object({ key: z.string() });

function keyIn(body: unknown): string {
  return keyForm.safeParse(body).data?.key ?? '';
}

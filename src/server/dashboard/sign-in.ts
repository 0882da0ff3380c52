/** `/admin/sign-in` and `/admin/sign-out`: a key for a session, and its end. */
import { Router, urlencoded, type RequestHandler } from 'express';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { DashboardSessions } from './session.ts';
import type { Access } from '../auth/authenticate.ts';
import { Problem } from '../problem.ts';
import { isFromOwnOrigin } from './same-origin.ts';
import { signInPage, signOutPage } from './sign-in-page.ts';

export const dashboardPath = '/admin/queues';
export const signInPath = '/admin/sign-in';
export const signOutPath = '/admin/sign-out';

export function signInRoutes(deps: Deps, access: Access, sessions: DashboardSessions): Router {
  const router = Router();

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
    urlencoded({ extended: false, limit: '4kb' }),
    async (request, response) => {
      const caller = await access.identifyByKey(request, keyIn(request.body));
      if (caller === undefined) {
        response.status(401).type('html').send(signInPage('This key is not valid.'));
        return;
      }
      await sessions.begin(response, caller);
      response.redirect(303, dashboardPath);
    },
  );

  router.get(signOutPath, (_request, response) => {
    response.type('html').send(signOutPage);
  });

  router.post(signOutPath, refuseOtherSites, (_request, response) => {
    sessions.end(response);
    response.redirect(303, signInPath);
  });

  return router;
}

const keyForm = z.object({ key: z.string() });

function keyIn(body: unknown): string {
  return keyForm.safeParse(body).data?.key ?? '';
}

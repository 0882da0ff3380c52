/** The console at `/`. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Router, static as serveFolder, type RequestHandler } from 'express';
import { Problem } from '../problem.ts';
import type { AnyRoute } from '../route.ts';
import { addAccess } from './access.ts';
import { addActs } from './acts.ts';
import { addClient } from './client.ts';
import { addNewClient } from './new-client.ts';
import { addOverview } from './overview.ts';
import { forSignedIn, type PageDoors } from './sessions.ts';
import { addSurroundings } from './surroundings.ts';
import { openSite } from './visit.ts';

const assets = path.resolve(import.meta.dirname, '../../console/assets');
const idiomorph = fileURLToPath(import.meta.resolve('idiomorph/dist/idiomorph.esm.js'));

/** `routes`: the API, which the pages call. */
export function consoleRoutes(doors: PageDoors, routes: readonly AnyRoute[]): Router {
  const router = Router();
  router.use('/console', serveFolder(assets, { index: false, maxAge: 0 }));
  router.get('/console/idiomorph.js', (_request, response) => {
    response.sendFile(idiomorph);
  });
  const site = openSite(doors, routes);
  router.get(
    '/admin',
    site.visit(async ({ response }) => {
      response.redirect(303, '/');
      return undefined;
    }),
  );
  addOverview(router, site);
  addNewClient(router, site);
  addClient(router, site);
  addActs(router, site);
  addSurroundings(router, site);
  addAccess(router, site);
  return router;
}

/** What is no page: somebody who is signed in is told so. */
export function unknownPage(doors: PageDoors): RequestHandler {
  const known = forSignedIn(doors, async () => {
    throw new Problem(404, 'not-found', 'There is nothing here.');
  });
  return (request, response, next) => {
    const isBrowser =
      request.headers.authorization === undefined && request.accepts(['json', 'html']) === 'html';
    const isPage = request.method === 'GET' && isBrowser && !request.path.startsWith('/api/');
    return isPage ? known(request, response, next) : next();
  };
}

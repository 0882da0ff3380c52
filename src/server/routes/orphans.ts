/** `/api/orphans`: what a worker has last found at the providers that nothing in the ledger owns. */
import { Router } from 'express';
import { presentOrphans } from '../../api/present-orphans.ts';
import { readOrphanReport } from '../../ledger/orphans.ts';
import type { Deps } from '../deps.ts';
import { parseQuery } from '../middleware/parse.ts';
import { noQuery } from '../requests.ts';

export function orphanRoutes(deps: Deps): Router {
  const router = Router();

  router.get('/', async (request, response) => {
    parseQuery(request, noQuery);
    response.json(presentOrphans(await readOrphanReport(deps.pool)));
  });

  return router;
}

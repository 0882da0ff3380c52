/** `/metrics`: what is to be watched, as Prometheus reads it. Answers 200 with what is known, whatever is away. */
import { Router } from 'express';
import { contentType, exposeMetrics } from '../../metrics/exposition.ts';
import type { Deps } from '../deps.ts';
import { parseQuery } from '../middleware/parse.ts';
import { noQuery } from '../requests.ts';

export function metricsRoutes(deps: Deps): Router {
  const router = Router();

  router.get('/metrics', async (request, response) => {
    parseQuery(request, noQuery);
    const text = await exposeMetrics({ pool: deps.pool, queues: deps.queues() });
    response.type(contentType).send(text);
  });

  return router;
}

/** `/metrics`: what is to be watched, as Prometheus reads it. Answers 200 with what is known, whatever is away. */
import { contentType, exposeMetrics } from '../../metrics/exposition.ts';
import type { Deps } from '../deps.ts';
import { defineRoute, type AnyRoute } from '../route.ts';

export function metricsRoutes(deps: Deps): AnyRoute[] {
  const metrics = defineRoute({
    method: 'get',
    path: '/metrics',
    permission: 'read',
    operationId: 'getMetrics',
    tag: 'health',
    summary: 'Metrics of the service and of all its workers',
    isWithoutDatabase: true,
    answers: { 200: { description: 'In the text format of Prometheus.', contentType } },
    handle: async () => ({
      status: 200,
      body: await exposeMetrics({ pool: deps.pool, queues: deps.queues() }),
    }),
  });

  return [metrics];
}

/** Every route of the API. What is not in this list is not served, and not described. */
import type { Deps } from '../deps.ts';
import type { AnyRoute } from '../route.ts';
import { auditRoutes } from './audit.ts';
import { callbackRoutes } from './callbacks.ts';
import { documentationRoutes } from './documentation.ts';
import { eventRoutes } from './events.ts';
import { healthRoutes } from './health.ts';
import { keyRoutes } from './keys.ts';
import { metricsRoutes } from './metrics.ts';
import { operatorRoutes } from './operator.ts';
import { orphanRoutes } from './orphans.ts';
import { preflightRoutes } from './preflight.ts';
import { provisioningRoutes } from './provisioning.ts';
import { resourceRoutes } from './resources.ts';

export function allRoutes(deps: Deps): readonly AnyRoute[] {
  const routes: readonly AnyRoute[] = [
    ...provisioningRoutes(deps),
    ...operatorRoutes(deps),
    ...resourceRoutes(deps),
    ...callbackRoutes(deps),
    ...eventRoutes(deps),
    ...orphanRoutes(deps),
    ...preflightRoutes(deps),
    ...keyRoutes(deps),
    ...auditRoutes(deps),
    ...healthRoutes(deps),
    ...documentationRoutes(deps, () => routes),
    ...metricsRoutes(deps),
  ];
  return routes;
}

/** Answers what the API asks a worker: is everything in order, and what would a provisioning of this client do? */
import type { PreflightFindings } from '../api/preflight.ts';
import { planResources } from './plan-resources.ts';
import { runChecks } from './run-checks.ts';
import type { Surroundings } from './surroundings.ts';

export async function answerPreflight(
  surroundings: Surroundings,
  clientId: string | undefined,
): Promise<PreflightFindings> {
  const [checks, plans] = await Promise.all([
    runChecks(surroundings),
    clientId === undefined ? [] : planResources(surroundings, clientId),
  ]);
  return {
    checks: [...checks, ...plans.map(({ check }) => check)],
    resources: plans.map(({ resource }) => resource),
  };
}

/** Answers what the API asks a worker: is everything in order, and what would a provisioning of this client do? */
import type { PreflightFindings } from '../api/preflight.ts';
import { planResources } from './plan-resources.ts';
import { runChecks } from './run-checks.ts';
import type { LookSettings } from './settings.ts';

export async function answerPreflight(
  options: LookSettings,
  clientId: string | undefined,
): Promise<PreflightFindings> {
  const [checks, plans] = await Promise.all([
    runChecks(options),
    clientId === undefined ? [] : planResources(options, clientId),
  ]);
  return {
    checks: [...checks, ...plans.map(({ check }) => check)],
    resources: plans.map(({ resource }) => resource),
  };
}

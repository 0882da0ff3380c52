/** Runs the checks of all steps, side by side. Reads only: a check has no client that could change anything. */
import type { CheckResult } from '../api/preflight.ts';
import type { Check, Finding } from '../steps/check.ts';
import { connectStep } from '../steps/connect.ts';
import type { Step } from '../steps/step.ts';
import { ask } from './ask.ts';
import { lookWith, type LookSettings } from './settings.ts';

/** In the order of the steps, and of each step's checks. */
export async function runChecks(options: LookSettings): Promise<CheckResult[]> {
  const results = options.steps.map((step) => runChecksOf(step, options));
  return (await Promise.all(results)).flat();
}

async function runChecksOf(step: Step, options: LookSettings): Promise<CheckResult[]> {
  const connection = connectStep(step, options.environment);
  const run = async (check: Check<object>): Promise<CheckResult> => {
    const look = async (providers: object) => check.look(providers);
    return resultOf(check, await ask(check, options, (limits) => lookWith(connection, limits, look)));
  };
  return Promise.all((step.checks ?? []).map(run));
}

export function resultOf(check: Pick<Check<object>, 'provider' | 'name'>, finding: Finding): CheckResult {
  return {
    provider: check.provider,
    name: check.name,
    ok: finding.ok,
    detail: finding.detail,
    fix: finding.ok ? null : finding.fix,
  };
}

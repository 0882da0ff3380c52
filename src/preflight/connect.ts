/** Whose checks are run, with which variables. */
import { withoutEmpty } from '../config.ts';
import { fails, type Finding } from '../steps/check.ts';
import type { CallLimits, Step } from '../steps/step.ts';

export interface PreflightOptions {
  readonly steps: readonly Step[];
  /** The environment that the steps read their own variables from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The longest that one request may take. */
  readonly timeoutMs: number;
  /** The longest that all requests of one check may take. Default 15 s, which is less than callers wait. */
  readonly deadlineMs?: number;
  readonly signal: AbortSignal;
  /** Told of what a check threw that no provider is to blame for. */
  readonly onDefect: (error: unknown) => void;
}

/** Builds a step's provider clients, or says which of its variables keep that from being done. */
export function connector(
  step: Step,
  environment: PreflightOptions['environment'],
): { connect: (limits: CallLimits) => object } | { failure: Finding } {
  const settings = step.environment.safeParse(withoutEmpty(environment));
  if (settings.success) return { connect: (limits) => step.connect(settings.data, limits) };
  const problems = settings.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return {
    failure: fails(problems.join('; '), 'Set the variables as .env.example says, and restart the worker.'),
  };
}

/** The steps whose providers are looked at, their variables and their limits. */
import { fails, type Finding } from '../steps/check.ts';
import type { StepConnection } from '../steps/connect.ts';
import type { CallLimits, Step } from '../steps/step.ts';

export interface LookSettings {
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

/** Looks with the step's clients; or says which of its variables keep them from being built. */
export async function lookWith(
  connection: StepConnection,
  limits: CallLimits,
  look: (providers: object) => Promise<Finding>,
): Promise<Finding> {
  if (connection.isComplete) return look(connection.connect(limits));
  const fix = 'Set the variables as .env.example says, and restart the worker.';
  return fails(connection.problems.join('; '), fix);
}

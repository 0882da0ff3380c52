/** What the tests of the preflight have in common: the checks as they are run, and words for what they say. */
import { runChecks } from '../../src/preflight/run-checks.ts';
import { steps as allSteps } from '../../src/steps/index.ts';
import type { Step } from '../../src/steps/step.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';

export interface ShownCheck {
  provider: string;
  name: string;
  ok: boolean;
  detail: string;
  fix: string | null;
}

export interface Circumstances {
  /** Variables that differ from the sandbox's. */
  readonly environment?: Record<string, string>;
  readonly steps?: readonly Step[];
  readonly timeoutMs?: number;
  readonly deadlineMs?: number;
  readonly onDefect?: (error: unknown) => void;
}

export const templateSchema = 'examples/template-schema';

export function check(sandbox: Sandbox, circumstances: Circumstances = {}): Promise<ShownCheck[]> {
  const { environment, steps = allSteps, timeoutMs = 5000, deadlineMs = 15_000 } = circumstances;
  return runChecks({
    steps,
    environment: { SCHEMA_PATH: templateSchema, ...sandbox.environment, ...environment },
    timeoutMs,
    deadlineMs,
    signal: new AbortController().signal,
    onDefect:
      circumstances.onDefect ??
      ((error) => {
        throw error;
      }),
  });
}

const nameOf = ({ provider, name }: ShownCheck) => `${provider} ${name}`;

/** The checks that do not hold, by name, with what they say. */
export function failuresIn(checks: readonly ShownCheck[]): Record<string, string> {
  return Object.fromEntries(
    checks.filter(({ ok }) => !ok).map((one) => [nameOf(one), `${one.detail} → ${one.fix ?? ''}`]),
  );
}

export function detailOf(checks: readonly ShownCheck[], name: string): string | undefined {
  return checks.find((one) => nameOf(one) === name)?.detail;
}

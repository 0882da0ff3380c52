/** Builds the provider clients of a step, for whoever runs it, checks it or searches with it. */
import { performance } from 'node:perf_hooks';
import { withoutEmpty } from '../config.ts';
import type { CallLimits, Step } from './step.ts';

export type StepConnection =
  | { readonly isComplete: true; readonly connect: (limits: CallLimits) => object }
  /** The problems of the step's variables, one text each, and the variables' names. No text holds a value. */
  | {
      readonly isComplete: false;
      readonly problems: readonly string[];
      readonly variables: readonly string[];
    };

/** Reads the step's own variables from the environment. Empty variables count as missing. */
export function connectStep(
  step: Step,
  environment: Readonly<Record<string, string | undefined>>,
): StepConnection {
  const settings = step.environment.safeParse(withoutEmpty(environment));
  if (settings.success) return { isComplete: true, connect: (limits) => step.connect(settings.data, limits) };
  const { issues } = settings.error;
  const variables = issues.map(({ path }) => path.join('.'));
  return {
    isComplete: false,
    problems: issues.map(({ message }, index) => `${variables[index]}: ${message}`),
    variables,
  };
}

/** How long the variables that were read for a step are good for: some name files, which may change. */
const goodForMs = 60_000;

/** The same for a process that runs steps all the time: what is complete is not read again at once. */
export function stepConnections(
  environment: Readonly<Record<string, string | undefined>>,
): (step: Step) => StepConnection {
  const known = new Map<Step, { readonly connection: StepConnection; readonly readAt: number }>();
  return (step) => {
    const before = known.get(step);
    if (before !== undefined && performance.now() - before.readAt < goodForMs) return before.connection;
    const connection = connectStep(step, environment);
    if (connection.isComplete) known.set(step, { connection, readAt: performance.now() });
    else known.delete(step);
    return connection;
  };
}

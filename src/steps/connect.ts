/** Builds the provider clients of a step, for whoever runs it, checks it or searches with it. */
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

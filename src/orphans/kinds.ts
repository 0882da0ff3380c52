/** The kinds of things in which orphans are looked for, each with its provider clients. */
import { ConfigurationError } from '../errors.ts';
import { connectStep } from '../steps/connect.ts';
import type { OrphanSearch, ResourceType, Step } from '../steps/step.ts';

/** Where orphans are looked for, and for how long. */
export interface SearchOptions {
  readonly steps: readonly Step[];
  /** The environment that the steps read their own variables from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The longest that one request may take. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface SearchedKind {
  readonly kind: string;
  readonly step: string;
  readonly type: ResourceType<object, unknown>;
  readonly search: OrphanSearch<object>;
  /** Throws when the step's variables are missing. */
  connect(): object;
}

export function searchedKinds(options: SearchOptions): SearchedKind[] {
  const { steps, environment, timeoutMs, signal } = options;
  return steps.flatMap((step) =>
    (step.resources ?? []).flatMap((type) => {
      const { kind, search } = type;
      const connect = () => {
        const connection = connectStep(step, environment);
        if (connection.isComplete) return connection.connect({ timeoutMs, signal });
        const names = connection.variables.join(', ');
        throw new ConfigurationError(`${step.name} cannot be searched without its variables: ${names}`);
      };
      return search === undefined ? [] : { kind, step: step.name, type, search, connect };
    }),
  );
}

/** Where a secret stands in what the product leaves behind, in whichever form. */
import { formsOf } from '../chaos/checker/secrets.ts';
import type { Sink } from '../chaos/sinks.ts';

export interface Canary {
  readonly name: string;
  readonly value: string;
}

/** One line for each secret in each place. */
export function findLeaks(canaries: readonly Canary[], sinks: readonly Sink[]): string[] {
  return canaries.flatMap(({ name, value }) =>
    sinks.flatMap((sink) =>
      formsOf(value)
        .filter(([, text]) => sink.text.includes(text))
        .map(([form]) => `${sink.name} holds the ${name} ${form}`),
    ),
  );
}

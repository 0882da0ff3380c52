/** What the tests of `/metrics` have in common. */
import type { Stack } from '../helpers/stack.ts';
import { until } from '../helpers/until.ts';
import { parseExposition, type Exposition } from './exposition.ts';

export const prefix = 'client_provisioner_';

/** One scrape. Throws unless it is a whole answer that Prometheus would take. */
export async function scrape(stack: Pick<Stack, 'call'>): Promise<Exposition> {
  const response = await stack.call('/metrics');
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
  return parseExposition(await response.text());
}

/** Scrapes until the workers have reported that much. Names are without the prefix. */
export function untilMetric(
  stack: Pick<Stack, 'call'>,
  name: string,
  labels: Readonly<Record<string, string>>,
  isMeant: (value: number) => boolean = (value) => value > 0,
): Promise<Exposition> {
  return until(
    async () => {
      const exposition = await scrape(stack);
      const value = exposition.sum(prefix + name, labels);
      if (value === undefined || !isMeant(value))
        throw new Error(`${name}${JSON.stringify(labels)} is ${value}`);
      return exposition;
    },
    `${name}${JSON.stringify(labels)}`,
  );
}

/** The metrics that `docs/operations.md` promises. */
import { readFileSync } from 'node:fs';
import { prefix } from './support.ts';

export interface Promised {
  readonly type: string;
  readonly labels: readonly string[];
}

const row = /^\| `(\w+)` \| (counter|gauge|histogram) \|([^|]*)\|/gm;

/** The rows of its table, by full name. */
export function promisedMetrics(): Map<string, Promised> {
  const text = readFileSync('docs/operations.md', 'utf8');
  return new Map(
    [...text.matchAll(row)].map(([, name = '', type = '', labels = '']) => [
      prefix + name,
      { type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).toSorted() },
    ]),
  );
}

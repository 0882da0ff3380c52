/** Reads Prometheus' text format, and takes nothing that a scraper would refuse. */

export interface Sample {
  /** As written: a histogram's has `_bucket`, `_sum` or `_count` at its end. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  /** Types by name of the family. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The sum of all series of that name that carry these labels. Undefined: there is none. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

const sampleLine = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/gy;

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  let read = 0;
  for (const match of text.matchAll(label)) {
    const [whole, name = '', value = ''] = match;
    if (name in labels) throw new Error(`label ${name} twice in {${text}}`);
    labels[name] = value;
    read += whole.length;
  }
  if (read !== text.length) throw new Error(`no labels: {${text}}`);
  return labels;
}

/** The family of a sample, whose name may be longer than the family's. */
function familyOf(name: string, types: ReadonlyMap<string, string>): string | undefined {
  if (types.has(name)) return name;
  const family = name.replace(/_(bucket|sum|count)$/, '');
  return types.get(family) === 'histogram' ? family : undefined;
}

/** Throws on what is no Prometheus text, on a series without a family, and on one that is there twice. */
export function parseExposition(text: string): Exposition {
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue;
    const [, family, type] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (family !== undefined && type !== undefined) {
      if (types.has(family)) throw new Error(`family ${family} twice`);
      types.set(family, type);
      continue;
    }
    const [, name, labelText, value] = sampleLine.exec(line) ?? [];
    if (name === undefined || Number.isNaN(Number(value))) throw new Error(`no sample: ${line}`);
    if (familyOf(name, types) === undefined) throw new Error(`a sample without a family: ${line}`);
    const labels = readLabels(labelText ?? '');
    const labelsInOrder = Object.entries(labels).toSorted(([a], [b]) => a.localeCompare(b));
    const key = JSON.stringify([name, labelsInOrder]);
    if (seen.has(key)) throw new Error(`a series twice: ${line}`);
    seen.add(key);
    samples.push({ name, labels, value: Number(value) });
  }
  return {
    types,
    samples,
    sum(name, wanted = {}) {
      const found = samples.filter(
        (sample) =>
          sample.name === name &&
          Object.entries(wanted).every(([key, value]) => sample.labels[key] === value),
      );
      return found.length === 0 ? undefined : found.reduce((total, { value }) => total + value, 0);
    },
  };
}

/** The labels that each family has been seen with; `le` is every histogram's. */
export function labelsByFamily({ types, samples }: Exposition): Map<string, Set<string>> {
  const families = new Map([...types.keys()].map((name) => [name, new Set<string>()]));
  for (const { name, labels } of samples)
    for (const key of Object.keys(labels))
      if (key !== 'le') families.get(familyOf(name, types) ?? '')?.add(key);
  return families;
}

/** Counts what happened in a run of schedules. A run in which something never happened proves nothing about it. */
import { crashKinds } from './crashes.ts';
import { faultsOf } from './faults.ts';
import type { Backend } from '../helpers/stack.ts';
import type { Outcome } from './run-schedule.ts';

export interface Tally {
  add(outcome: Outcome): void;
  /** The report, as lines of text. */
  lines(): string[];
  /** What has not happened yet. */
  gaps(): { readonly of: 'crashes' | 'faults'; readonly name: string }[];
  /** Why this run proves too little; empty: it does not. */
  problems(): string[];
  violations(): number;
}

/** What people ask first, and the invariants that answer it. */
const losses: Readonly<Record<string, readonly string[]>> = {
  lost: ['I2', 'I6', 'I18'],
  orphaned: ['I1', 'I13'],
  duplicated: ['I9', 'I11'],
  'foreign deleted': ['I3'],
  leaked: ['I5'],
};

/** The share of schedules that make so many objects, at least. */
const leastShare = 0.6;
const manyObjects = 3;

export function startTally(backend: Backend): Tally {
  const crashes = new Map<string, number>(crashKinds.map(({ name }) => [name, 0]));
  const faults = new Map<string, number>(faultsOf(backend).map((name) => [name, 0]));
  const pairs = new Set<string>();
  const broken = new Map<string, number>();
  const courses = new Map<string, number>();
  let schedules = 0;
  let withManyObjects = 0;
  const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);

  const gaps = () => {
    const never = (map: Map<string, number>) => [...map].filter(([, n]) => n === 0).map(([name]) => name);
    return [
      ...never(crashes).map((name) => ({ of: 'crashes' as const, name })),
      ...never(faults).map((name) => ({ of: 'faults' as const, name })),
    ];
  };
  const total = () => [...broken.values()].reduce((sum, one) => sum + one, 0);
  return {
    add(outcome) {
      schedules += 1;
      count(courses, outcome.schedule.course);
      if (outcome.objectsMade >= manyObjects) withManyObjects += 1;
      for (const name of outcome.crashes) count(crashes, name);
      for (const name of outcome.faults) count(faults, name);
      for (const crash of outcome.crashes)
        for (const fault of outcome.faults) pairs.add(`${crash} × ${fault}`);
      for (const invariant of new Set(outcome.violations.map((one) => one.invariant)))
        count(broken, invariant);
    },
    lines() {
      const summary = Object.entries(losses).map(([name, invariants]) => {
        const number = invariants.reduce((sum, invariant) => sum + (broken.get(invariant) ?? 0), 0);
        return `${number} ${name}`;
      });
      return [
        table('crashes', crashes),
        table('faults', faults),
        table('courses', courses),
        `pairs of crash and fault in one schedule: ${pairs.size} of ${crashes.size * faults.size}`,
        `${manyObjects} objects or more: ${withManyObjects} of ${schedules} schedules`,
        ...(broken.size > 0 ? [table('broken invariants', broken)] : []),
        `${schedules} schedules on ${backend}: ${summary.join(', ')}, ${total()} violations in all`,
      ];
    },
    gaps,
    problems: () => [
      ...gaps().map(({ of, name }) => `none of its ${of} was: ${name}`),
      ...(withManyObjects < schedules * leastShare ? ['too few schedules made three objects'] : []),
    ],
    violations: total,
  };
}

function table(title: string, counts: ReadonlyMap<string, number>): string {
  return `${title}: ${[...counts].map(([name, number]) => `${name} ${number}`).join(', ')}`;
}

/** What a run of `npm run chaos` says of a mutant. Pure. */
import type { Mutant } from './mutant.ts';

export interface Verdict {
  readonly is: 'found' | 'missed' | 'found otherwise' | 'could not be run';
  /** The invariants that were reported, each once. */
  readonly invariants: readonly string[];
  /** The number of the schedule that showed it. */
  readonly schedule: number | undefined;
  /** What was said, for people. */
  readonly because: string;
}

/** How a child process ended, -1 where it was ended, and what it has printed. */
export interface Ran {
  readonly code: number;
  readonly output: string;
}

interface Broken {
  readonly schedule: number;
  readonly violations: readonly { readonly invariant: string; readonly what: string }[];
}

export function judgeRun({ expect }: Pick<Mutant, 'expect'>, { code, output }: Ran): Verdict {
  const broken = brokenSchedules(output);
  const invariants = [...new Set(broken.flatMap(({ violations }) => violations).map((one) => one.invariant))];
  const isExpected = ({ invariant }: { invariant: string }) => expect.includes(invariant);
  const first = broken.find(({ violations }) => violations.some(isExpected));
  if (first !== undefined) {
    const because = first.violations.find(isExpected);
    return {
      is: 'found',
      invariants,
      schedule: first.schedule,
      because: `${because?.invariant}: ${because?.what}`,
    };
  }
  const [other] = broken;
  if (other !== undefined) {
    const said = other.violations.map(({ invariant, what }) => `${invariant}: ${what}`);
    return { is: 'found otherwise', invariants, schedule: other.schedule, because: said[0] ?? '' };
  }
  const isWhole = code === 0 && /^took \d+ s$/m.test(output);
  return isWhole
    ? { is: 'missed', invariants, schedule: undefined, because: 'no schedule broke a promise' }
    : {
        is: 'could not be run',
        invariants,
        schedule: undefined,
        because: `${code}: ${output.trim().slice(-1500)}`,
      };
}

function brokenSchedules(output: string): Broken[] {
  return output
    .split(/^BROKEN in schedule /m)
    .slice(1)
    .map((text) => ({
      schedule: Number.parseInt(text, 10),
      violations: [...text.matchAll(/^ {2}(I\d+|harness): (.*)$/gm)].map(([, invariant = '', what = '']) => ({
        invariant,
        what,
      })),
    }));
}

/** Every world that was reached, once, and how it was reached first. */
import type { StepWorld, Worker, World } from './world.ts';

/** Gives each distinct value a small number. */
function numbering<T extends object>() {
  const numbers = new Map<string, number>();
  const values: T[] = [];
  /** Most parts of a world are those of the world before it. */
  const seen = new WeakMap<T, number>();
  return {
    numberOf(value: T): number {
      const before = seen.get(value);
      if (before !== undefined) return before;
      const key = JSON.stringify(value);
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, values.length);
      seen.set(value, values.length);
      return values.push(value) - 1;
    },
    valueOf(number: number): T {
      const value = values[number];
      if (value === undefined) throw new RangeError('there is no such value');
      return value;
    },
  };
}

/** Parts are numbered below these, so that a world is one number below 2^53. */
const mostSteps = 2 ** 15;
const mostWorkers = 2 ** 9;
const mostOutcomes = 2 ** 5;

export interface WorldStore {
  readonly size: number;
  /** The number of the world; a new one for a world that was not there. Two workers that swap places are one world. */
  add(world: World): { readonly index: number; readonly isNew: boolean };
  worldAt(index: number): World;
}

export function worldStore(): WorldStore {
  const outcomes = numbering<readonly [World['status'], World['rollback']]>();
  const steps = numbering<StepWorld>();
  const workers = numbering<Worker>();
  const indexes = new Map<number, number>();
  const keys: number[] = [];

  function keyOf(world: World): number {
    const outcome = outcomes.numberOf([world.status, world.rollback]);
    const [first, second] = world.steps.map((step) => steps.numberOf(step));
    const [one, other] = world.workers.map((worker) => workers.numberOf(worker)).toSorted((a, b) => a - b);
    if (first === undefined || second === undefined || one === undefined || other === undefined)
      throw new TypeError('a world has two steps and two workers');
    if (Math.max(first, second) >= mostSteps || other >= mostWorkers || outcome >= mostOutcomes)
      throw new RangeError('the world has more parts than its number can hold');
    return (((outcome * mostSteps + first) * mostSteps + second) * mostWorkers + one) * mostWorkers + other;
  }

  return {
    get size() {
      return keys.length;
    },
    add(world) {
      const key = keyOf(world);
      const known = indexes.get(key);
      if (known !== undefined) return { index: known, isNew: false };
      indexes.set(key, keys.length);
      return { index: keys.push(key) - 1, isNew: true };
    },
    worldAt(index) {
      let rest = keys[index] ?? NaN;
      const take = (most: number) => {
        const digit = rest % most;
        rest = Math.floor(rest / most);
        return digit;
      };
      const other = workers.valueOf(take(mostWorkers));
      const one = workers.valueOf(take(mostWorkers));
      const second = steps.valueOf(take(mostSteps));
      const first = steps.valueOf(take(mostSteps));
      const [status, rollback] = outcomes.valueOf(rest);
      return { status, rollback, steps: [first, second], workers: [one, other] };
    },
  };
}

import { expect, test } from 'vitest';
import { backends } from '../helpers/stack.ts';
import { runSchedules } from './run-schedules.ts';
import type { Outcome } from './run-schedule.ts';
import { drawSchedule } from './schedule.ts';

/** A quick look; `npm run chaos` draws as many as there is time for. */
const schedules = 20;
const seed = 20_261_123;

test.each(backends)(
  'whatever crashes and breaks, every promise is kept on %s',
  { timeout: 600_000 },
  async (backend) => {
    const outcomes: Outcome[] = [];

    await runSchedules({
      schedules: Array.from({ length: schedules }, (_, index) => drawSchedule(seed, index * 7, backend)),
      arenas: 4,
      onOutcome: (outcome) => outcomes.push(outcome),
    });

    const broken = outcomes.flatMap(({ schedule, violations }) =>
      violations.map((violation) => ({ replay: `--seed ${seed} --only ${schedule.index}`, ...violation })),
    );
    expect(broken).toEqual([]);
    expect(outcomes).toHaveLength(schedules);
    // Otherwise there was nothing to go wrong.
    expect(new Set(outcomes.flatMap(({ crashes }) => crashes)).size).toBeGreaterThan(schedules / 4);
    expect(outcomes.filter(({ objectsMade }) => objectsMade >= 3).length).toBeGreaterThan(schedules * 0.6);
  },
);

/** `npm run chaos`: breaks whole installations as a seed says, and judges what came of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { runSchedules } from './run-schedules.ts';
import type { Outcome } from './run-schedule.ts';
import { courses } from './schedule.ts';
import { startTally } from './tally.ts';

const usage = `npm run chaos -- [options]
  --seed <number>             the same seed draws the same schedules; default: a new one
  --schedules <number>        how many; default 40
  --backend redis|postgres    where the queue lives; default redis
  --only <number>[,<number>]  these schedules of the seed alone: how a failure is replayed
  --verbose                   a line for every schedule
  --keep                      writes down every world, not only the broken ones
  --crashes, --faults, --courses <name>[,<name>]   draws from these alone
  --until-broken              ends at the first schedule that breaks a promise
  --arenas <number>           installations at once; default three for each core
`;

const wholeNumber = z.coerce.number().int().min(0);
const names = z.string().transform((list) => list.split(',').map((name) => name.trim()));
const optionsSchema = z.strictObject({
  seed: wholeNumber.default(() => Math.floor(Math.random() * 1_000_000)),
  schedules: wholeNumber.default(40),
  backend: z.enum(['redis', 'postgres']).default('redis'),
  only: z
    .string()
    .transform((list) => list.split(',').map((one) => wholeNumber.parse(one)))
    .optional(),
  crashes: names.optional(),
  faults: names.optional(),
  courses: names.pipe(z.array(z.enum(courses))).optional(),
  'until-broken': z.boolean().default(false),
  verbose: z.boolean().default(false),
  keep: z.boolean().default(false),
  arenas: wholeNumber.min(1).default(availableParallelism() * 3),
});

/** From so many on, everything must have happened at least once. */
const enoughSchedules = 150;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      schedules: { type: 'string' },
      backend: { type: 'string' },
      only: { type: 'string' },
      arenas: { type: 'string' },
      crashes: { type: 'string' },
      faults: { type: 'string' },
      courses: { type: 'string' },
      'until-broken': { type: 'boolean' },
      verbose: { type: 'boolean' },
      keep: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const { help, ...given } = values;
  const options = optionsSchema.safeParse(given);
  if (help === true || !options.success) {
    process.stdout.write(usage);
    if (!options.success) process.stderr.write(`${z.prettifyError(options.error)}\n`);
    return help === true ? 0 : 2;
  }
  const { seed, backend, only, schedules, arenas, crashes, faults, courses: focusCourses } = options.data;
  const focus = { crashes, faults, courses: focusCourses };
  const indices = only ?? Array.from({ length: schedules }, (_, index) => index);
  const tally = startTally(backend);
  const startedAt = performance.now();
  console.log(`seed ${seed}, ${indices.length} schedules on ${backend}, ${arenas} arenas`);
  let done = 0;
  const reports: Promise<void>[] = [];
  await runSchedules({
    seed,
    backend,
    focus,
    indices,
    arenas,
    mayGoOn: () => !options.data['until-broken'] || tally.violations() === 0,
    onOutcome(outcome) {
      done += 1;
      tally.add(outcome);
      if (outcome.violations.length > 0 || options.data.keep) reports.push(report(outcome));
      if (done % 20 === 0 || options.data.verbose || only !== undefined)
        progress(outcome, done, indices.length, startedAt);
    },
  });
  await Promise.all(reports);
  for (const line of tally.lines()) console.log(line);
  console.log(`took ${Math.round((performance.now() - startedAt) / 1000)} s`);
  const isWhole = Object.values(focus).every((list) => list === undefined);
  const gaps = isWhole && indices.length >= enoughSchedules ? tally.gaps() : [];
  for (const gap of gaps) console.log(`this run proves too little: ${gap}`);
  return tally.violations() > 0 || gaps.length > 0 ? 1 : 0;
}

function progress(outcome: Outcome, done: number, all: number, startedAt: number): void {
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const { schedule, crashes, faults, tookMs } = outcome;
  console.log(
    `${done}/${all} after ${seconds} s; ${schedule.index}: ${schedule.course}, [${crashes.join(', ')}], ` +
      `[${faults.join(', ')}], ${outcome.objectsMade} objects, ${Math.round(tookMs)} ms`,
  );
}

/** Prints what was broken and how to see it again, and keeps the world that shows it. */
async function report({ schedule, violations, world }: Outcome): Promise<void> {
  const { seed, index, backend, course } = schedule;
  const folder = join('.data', 'chaos');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${backend}-${seed}-${index}.json`);
  await writeFile(file, JSON.stringify({ violations, schedule, world }, undefined, 1));
  if (violations.length > 0) console.log(`BROKEN in schedule ${index} (${course}):`);
  for (const { invariant, what } of violations) console.log(`  ${invariant}: ${what}`);
  console.log(`  world: ${file}`);
  console.log(`  replay: npm run chaos -- --seed ${seed} --only ${index} --backend ${backend}`);
}

process.exitCode = await main();

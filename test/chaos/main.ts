/** `npm run chaos`: breaks whole installations as a seed says, and judges what came of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseOptions, usage, type Options } from './options.ts';
import { runSchedules } from './run-schedules.ts';
import type { Outcome } from './run-schedule.ts';
import { drawSchedule, type Focus, type Schedule } from './schedule.ts';
import { startTally, type Tally } from './tally.ts';

/** How often it is tried to bring about what has not happened, and in how many schedules each. */
const rounds = 12;
const schedulesPerGap = 4;

const processStartedAt = Date.now();

async function main(): Promise<number> {
  let options: Options | undefined;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  if (options === undefined) {
    process.stdout.write(usage);
    return 0;
  }
  const { seed, backend, only, from, schedules, crashes, faults, courses, actions } = options;
  const tally = startTally(backend);
  const startedAt = performance.now();
  const indices = only ?? Array.from({ length: schedules }, (_, index) => from + index);
  console.log(`seed ${seed}, ${indices.length} schedules on ${backend}, ${options.arenas} arenas`);
  const focus: Focus = { crashes, faults, courses, actions };
  await runBatch(
    options,
    tally,
    indices.map((index) => drawSchedule(seed, index, backend, focus)),
  );

  let next = from + schedules;
  for (let round = 0; options.complete && round < rounds && tally.gaps().length > 0; round += 1) {
    const drawn = tally.gaps().flatMap((gap) => {
      next += schedulesPerGap;
      return Array.from({ length: schedulesPerGap }, (_, index) =>
        drawSchedule(seed, next + index, backend, { [gap.of]: [gap.name] }),
      );
    });
    await runBatch(options, tally, drawn);
  }

  for (const line of tally.lines()) console.log(line);
  console.log(`took ${Math.round((performance.now() - startedAt) / 1000)} s`);
  const problems = options.complete ? tally.problems() : [];
  for (const problem of problems) console.log(`this run proves too little: ${problem}`);
  return tally.violations() > 0 || problems.length > 0 ? 1 : 0;
}

async function runBatch(options: Options, tally: Tally, schedules: readonly Schedule[]): Promise<void> {
  const startedAt = performance.now();
  const endAt = processStartedAt + options.minutes * 60_000;
  let done = 0;
  const reports: Promise<void>[] = [];
  await runSchedules({
    schedules,
    arenas: options.arenas,
    mayGoOn: () => Date.now() < endAt && (!options['until-broken'] || tally.violations() === 0),
    onOutcome(outcome) {
      done += 1;
      tally.add(outcome);
      if (outcome.violations.length > 0 || options.keep) reports.push(report(outcome));
      if (done % 20 === 0 || options.verbose || options.only !== undefined)
        console.log(`${done}/${schedules.length} after ${secondsSince(startedAt)} s; ${describe(outcome)}`);
    },
  });
  await Promise.all(reports);
}

function secondsSince(startedAt: number): number {
  return Math.round((performance.now() - startedAt) / 1000);
}

function describe({ schedule, crashes, faults, objectsMade, tookMs }: Outcome): string {
  const happened = `[${crashes.join(', ')}], [${faults.join(', ')}]`;
  return `${schedule.index}: ${schedule.course}, ${happened}, ${objectsMade} objects, ${Math.round(tookMs)} ms`;
}

/** Prints what was broken and how to see it again, and keeps the world that shows it. */
async function report({ schedule, violations, world }: Outcome): Promise<void> {
  const { seed, index, backend, focus, course } = schedule;
  const folder = join('.data', 'chaos');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${backend}-${seed}-${index}.json`);
  await writeFile(file, JSON.stringify({ violations, schedule, world }, undefined, 1));
  if (violations.length > 0) console.log(`BROKEN in schedule ${index} (${course}):`);
  for (const { invariant, what } of violations) console.log(`  ${invariant}: ${what}`);
  console.log(`  world: ${file}`);
  const narrowed = Object.entries(focus).flatMap(([name, list]: [string, readonly string[] | undefined]) =>
    list === undefined ? [] : [` --${name} "${list.join(',')}"`],
  );
  console.log(
    `  replay: npm run chaos -- --seed ${seed} --only ${index} --backend ${backend}${narrowed.join('')}`,
  );
}

process.exitCode = await main();

/** `npm run chaos:mutants`: makes each deliberate bug, and sees that the chaos checker finds it. */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readPatches, type Patch } from './patches.ts';
import { judgeRun, type Verdict } from './verdict.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

const usage = `npm run chaos:mutants -- [options]
  --only <number>[,<number>]  these mutants alone
  --parallel <number>         so many at once; default 1
  --seed <number>             of their schedules; default 7
  --schedules <number>        how many each may take; default 40
  --arenas <number>           installations at once, for each; default 3
  --seconds <number>          how long each may take; default 600
  --verbose                   what each run has printed
`;

const wholeNumber = z.coerce.number<string>().int().min(1);
const optionsSchema = z.strictObject({
  only: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(wholeNumber))
    .optional(),
  parallel: wholeNumber.default(1),
  seed: wholeNumber.default(7),
  schedules: wholeNumber.default(40),
  arenas: wholeNumber.default(3),
  seconds: wholeNumber.default(600),
  verbose: z.boolean().default(false),
});
type Options = z.infer<typeof optionsSchema>;

interface Row extends Verdict {
  readonly patch: Patch;
  readonly seconds: number;
}

/** Undefined: help is asked for. Throws an error that says what is wrong. */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      parallel: { type: 'string' },
      seed: { type: 'string' },
      schedules: { type: 'string' },
      arenas: { type: 'string' },
      seconds: { type: 'string' },
      verbose: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const { help, ...given } = values;
  if (help === true) return undefined;
  const options = optionsSchema.safeParse(given);
  if (!options.success) throw new Error(z.prettifyError(options.error));
  return options.data;
}

async function main(): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  if (options === undefined) {
    process.stdout.write(usage);
    return 0;
  }
  const patches = readPatches().filter(
    ({ name }) => options.only?.includes(Number.parseInt(name, 10)) ?? true,
  );
  const rows = await runAll(patches, options);
  for (const line of table(rows)) console.log(line);
  const lost = rows.filter(({ is }) => is !== 'found');
  console.log(`${rows.length} mutants: ${rows.length - lost.length} found, ${lost.length} not`);
  return rows.length === 0 || lost.length > 0 ? 1 : 0;
}

async function runAll(patches: readonly Patch[], options: Options): Promise<Row[]> {
  const workshop = await openWorkshop();
  const rows: Row[] = [];
  const queue = patches.values();
  const work = async () => {
    for (const patch of queue) rows.push(await runOne(workshop, patch, options));
  };
  try {
    await Promise.all(Array.from({ length: options.parallel }, work));
  } finally {
    await workshop.close();
  }
  return rows.toSorted((a, b) => a.patch.name.localeCompare(b.patch.name));
}

async function runOne(workshop: Workshop, patch: Patch, options: Options): Promise<Row> {
  const { seed, schedules, arenas, seconds: limit, verbose } = options;
  const startedAt = performance.now();
  const numbers = Object.entries({ seed, schedules, arenas }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const ran = await workshop.run(
    `${patch.name}.patch`,
    [...numbers, '--until-broken', ...patch.focus],
    limit * 1000,
  );
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const verdict = judgeRun(patch, ran);
  if (verbose) console.log(ran.output);
  console.log(`${patch.name}: ${verdict.is} after ${seconds} s; ${verdict.because}`);
  return { ...verdict, patch, seconds };
}

function table(rows: readonly Row[]): string[] {
  const cells = rows.map(({ patch, is, invariants, schedule, seconds }) => [
    patch.name,
    is,
    invariants.join(' '),
    schedule === undefined ? '' : String(schedule),
    String(seconds),
  ]);
  const all = [['mutant', 'verdict', 'broken', 'schedule', 'seconds'], ...cells];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}

process.exitCode = await main();

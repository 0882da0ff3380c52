/** What `npm run chaos` is told. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { courses } from './schedule.ts';

export const usage = `npm run chaos -- [options]
  --seed <number>             the same seed draws the same schedules; default: a new one
  --schedules <number>        how many; default 40
  --backend redis|postgres    where the queue lives; default redis
  --only <number>[,<number>]  these schedules of the seed alone: how a failure is replayed
  --crashes, --faults, --courses <name>[,<name>]
                              draws from these alone, to look at one thing closely
  --actions <name>[,<name>]   what a crash does to a worker: kill, freeze or block
  --complete                  goes on until every crash and every fault has happened
  --from <number>             the number of the first schedule; default 0
  --minutes <number>          begins no schedule after that time
  --until-broken              ends at the first schedule that breaks a promise
  --arenas <number>           installations at once; default three for each core
  --verbose                   a line for every schedule
  --keep                      writes down every world, not only the broken ones
`;

const wholeNumber = z.coerce.number<string>().int().min(0);
const names = z.string().transform((list) => list.split(',').map((name) => name.trim()));

const optionsSchema = z.strictObject({
  seed: wholeNumber.default(() => Math.floor(Math.random() * 1_000_000)),
  schedules: wholeNumber.default(40),
  backend: z.enum(['redis', 'postgres']).default('redis'),
  only: names.pipe(z.array(wholeNumber)).optional(),
  crashes: names.optional(),
  faults: names.optional(),
  courses: names.pipe(z.array(z.enum(courses))).optional(),
  actions: names.pipe(z.array(z.enum(['kill', 'freeze', 'block']))).optional(),
  from: wholeNumber.default(0),
  minutes: wholeNumber.default(24 * 60),
  complete: z.boolean().default(false),
  'until-broken': z.boolean().default(false),
  arenas: wholeNumber.min(1).default(availableParallelism() * 3),
  verbose: z.boolean().default(false),
  keep: z.boolean().default(false),
});
export type Options = z.infer<typeof optionsSchema>;

/** Undefined: help is asked for. Throws an error that says what is wrong. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: text,
      schedules: text,
      backend: text,
      only: text,
      crashes: text,
      faults: text,
      courses: text,
      actions: text,
      from: text,
      minutes: text,
      complete: flag,
      'until-broken': flag,
      arenas: text,
      verbose: flag,
      keep: flag,
      help: flag,
    },
  });
  const { help, ...given } = values;
  if (help === true) return undefined;
  const options = optionsSchema.safeParse(given);
  if (!options.success) throw new Error(z.prettifyError(options.error));
  return options.data;
}

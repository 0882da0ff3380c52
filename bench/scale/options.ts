/** The command line of `npm run bench:scale`. */
import { parseArgs } from 'node:util';
import { UsageError } from '../../src/commands/run-command.ts';

export const studyNames = ['waiting', 'workers', 'growth'] as const;
export type StudyName = (typeof studyNames)[number];

export interface ScaleOptions {
  readonly isHelpWanted: boolean;
  readonly studies: readonly StudyName[];
  /** Provisionings that wait at once. */
  readonly waiting: number;
  /** Ended provisionings in the ledger, in growing order. */
  readonly ended: readonly number[];
}

export const help = `Measures the product, its queue in Redis, where there is much of something.

  npm run bench:scale                       all three, half an hour on two cores
  npm run bench:scale -- waiting            runs that each wait a minute, all at once, with one worker
  npm run bench:scale -- workers            two and four workers beside one
  npm run bench:scale -- growth             a ledger full of ended provisionings beside an empty one

  --waiting <n>         runs that wait (default 10000)
  --ended <n>[,…]       ended provisionings (default 100000,1000000)
  --help                this text

Exit code 0: every run made its five things once and in order.
`;

/** Reads the arguments after the program's name. Throws a UsageError that says what is wrong. */
export function readScaleOptions(args: readonly string[]): ScaleOptions {
  const { values, positionals } = parse(args);
  const unknown = positionals.find((name) => !studyNames.some((known) => known === name));
  if (unknown !== undefined)
    throw new UsageError(`There is no study "${unknown}", only ${studyNames.join(', ')}.`);
  return {
    isHelpWanted: values.help ?? false,
    studies: positionals.length === 0 ? studyNames : studyNames.filter((name) => positionals.includes(name)),
    waiting: wholeNumber('waiting', values.waiting ?? '10000'),
    ended: (values.ended ?? '100000,1000000').split(',').map((text) => wholeNumber('ended', text.trim())),
  };
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,7}$/.test(text))
    throw new UsageError(`--${name} must be a whole number from 1 to 99999999, not "${text}".`);
  return Number(text);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        waiting: { type: 'string' },
        ended: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `${reason.replace(/\. .*$/s, '')}: npm run bench:scale -- --help explains the options.`,
      {
        cause: error,
      },
    );
  }
}

/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';
import { UsageError } from '../src/commands/run-command.ts';
import { systemNames, type SystemName } from './systems/names.ts';

export interface BenchOptions {
  readonly isHelpWanted: boolean;
  /** For programs. */
  readonly isJson: boolean;
  /** Few runs, for a look. */
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly systems: readonly SystemName[];
  /** The jobs that the product's worker, and the bare chain's, work on at once. */
  readonly concurrency: number;
}

const usualRounds = 5;
/** The product's own default. */
const usualConcurrency = 20;

export const help = `Measures what a run of five steps costs: the product beside a bare BullMQ chain and DBOS, on one PostgreSQL and one Redis.

  npm run bench                     ${usualRounds} rounds, half an hour on two cores
  npm run bench -- --quick          one round with few runs, none with 100 at once: a minute

  --rounds <n>          how often each system has its turn; medians are shown (default ${usualRounds}, quick 1)
  --only <system>[,…]   of: ${systemNames.join(', ')}
  --concurrency <n>     the jobs that a worker of the product, and of the chain, works on at once (default ${usualConcurrency})
  --json                for programs
  --help                this text

The product runs as two processes, server and worker, and checks a key. The chain and DBOS are one process each, and
check none. DBOS starts all its runs at once; the others work on --concurrency jobs at a time.

Exit code 0: every run made its five things once and in order, and every rollback left nothing.
`;

/** Reads the arguments after the program's name. Throws a UsageError that says what is wrong. */
export function readOptions(args: readonly string[]): BenchOptions {
  const values = parse(args);
  const isQuick = values.quick ?? false;
  return {
    isHelpWanted: values.help ?? false,
    isJson: values.json ?? false,
    isQuick,
    rounds: wholeNumber('rounds', values.rounds, isQuick ? 1 : usualRounds),
    systems: readSystems(values.only),
    concurrency: wholeNumber('concurrency', values.concurrency, usualConcurrency),
  };
}

function wholeNumber(name: string, text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault;
  if (!/^[1-9]\d{0,2}$/.test(text))
    throw new UsageError(`--${name} must be a whole number from 1 to 999, not "${text}".`);
  return Number(text);
}

function readSystems(text: string | undefined): readonly SystemName[] {
  if (text === undefined) return systemNames;
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !systemNames.some((known) => known === name));
  if (unknown !== undefined)
    throw new UsageError(`--only knows no system "${unknown}", only ${systemNames.join(', ')}.`);
  return systemNames.filter((name) => wanted.includes(name));
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean' },
        quick: { type: 'boolean' },
        rounds: { type: 'string' },
        only: { type: 'string' },
        concurrency: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // The first sentence says what is wrong; Node's others explain its own parser.
    throw new UsageError(`${reason.replace(/\. .*$/s, '')}: npm run bench -- --help explains the options.`, {
      cause: error,
    });
  }
}

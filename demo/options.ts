/** The command line of the demo. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigurationError } from '../src/errors.ts';
import { faultNames, isFaultName, type FaultName } from './faults.ts';

export interface DemoOptions {
  readonly isHelpWanted: boolean;
  /** Stop after the sample instead of staying up. */
  readonly exits: boolean;
  /** The step that is made to fail. */
  readonly failAt: FaultName | undefined;
  /** Folder of the embedded Postgres and of the log. */
  readonly dataDir: string;
}

export const help = `Everything on this machine: database, provider sandbox, API, worker and dashboard. Provisions a sample client.

  npm run demo                              stays up until Ctrl-C
  npm run demo -- --exit                    stops after the sample; exit code 0 only if it ended as it should
  npm run demo -- --fail-at <step>          makes a step fail for good, and shows the rollback

  --fail-at <step>  one of: ${faultNames.join(', ')}
  --data <folder>   where the database and demo.log are kept (default .data/demo)
  --help            this text

The queue lives in the embedded Postgres; set REDIS_URL to have it in Redis. The client's database gets the sample
schema; set SCHEMA_PATH to try your own.
`;

/** Reads the arguments after the program's name. Throws a ConfigurationError that says what is wrong. */
export function readOptions(args: readonly string[]): DemoOptions {
  const values = parse(args);
  const failAt = values['fail-at'];
  if (failAt !== undefined && !isFaultName(failAt))
    throw new ConfigurationError(
      `--fail-at: there is no step "${failAt}". Use one of: ${faultNames.join(', ')}`,
    );
  return {
    isHelpWanted: values.help ?? false,
    exits: values.exit ?? false,
    failAt,
    dataDir: path.resolve(values.data ?? '.data/demo'),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        exit: { type: 'boolean' },
        'fail-at': { type: 'string' },
        data: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`${reason}\nnpm run demo -- --help explains the options.`, { cause: error });
  }
}

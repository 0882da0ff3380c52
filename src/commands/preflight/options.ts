/** The command line of `npm run preflight`. */
import { parseArgs } from 'node:util';
import { ConfigurationError } from '../../errors.ts';

export const help = `Asks the providers, with the variables of .env, whether a provisioning would get through. Changes nothing.

  npm run preflight              every check, with what to do where one fails
  npm run preflight -- --json    the same for programs, as GET /api/preflight answers

  --help                         this text

Exit code 0: every check holds.
`;

export interface PreflightOptions {
  readonly isHelpWanted: boolean;
  /** For programs. */
  readonly isJson: boolean;
}

/** Reads the arguments after the program's name. Throws a ConfigurationError that says what is wrong. */
export function readOptions(args: readonly string[]): PreflightOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    return { isHelpWanted: values.help ?? false, isJson: values.json ?? false };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`${reason}\nnpm run preflight -- --help explains the options.`, {
      cause: error,
    });
  }
}

/** The ways in which a command ends, for the programs that called it. */

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notAllowed: 3,
  notFound: 4,
  conflict: 5,
  away: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The part of `--help` that explains them. */
export const exitCodeHelp = `
Exit codes:
  0    done
  1    what was asked for failed: a provisioning that failed, a check that does not hold
  2    the command line, a file or a value is wrong; nothing was done
  3    not signed in, or not allowed
  4    there is no such client, provisioning or resource
  5    it does not fit the present state: it exists already, is busy, or needs a confirmation
  6    the API is away or could not be reached within --timeout
  130  interrupted`;

/** A command that ends for a reason that the person who typed it has to read. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

export function usageError(message: string): CliError {
  return new CliError(exitCodes.usage, message);
}

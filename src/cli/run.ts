/** Runs a command line and says with which exit code it ended. */
import { CommanderError } from 'commander';
import { inspect } from 'node:util';
import { ConfigurationError } from '../errors.ts';
import { ApiProblem } from './api/problem.ts';
import { CliError, exitCodes, type ExitCode } from './exit.ts';
import { buildProgram } from './program.ts';
import { openSay } from './say.ts';
import type { Surroundings } from './surroundings.ts';

/** `args`: what follows the program's name. */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const program = buildProgram(surroundings, (ended) => (code = ended));
  try {
    if (args.length === 0) {
      program.outputHelp({ error: true });
      return exitCodes.usage;
    }
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, args.includes('--json'), surroundings);
  }
}

function explain(error: unknown, isJson: boolean, surroundings: Surroundings): ExitCode {
  const say = openSay(surroundings, isJson);
  if (surroundings.signal.aborted) {
    say.remark('Interrupted.');
    return exitCodes.interrupted;
  }
  // Commander has said it already: help, the version, or what is wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  // A program that reads JSON gets the API's refusal as the API said it.
  if (error instanceof ApiProblem && error.body !== undefined) say.document(error.body);
  if (error instanceof CliError) {
    say.remark(error.message);
    return error.exitCode;
  }
  if (error instanceof ConfigurationError) {
    say.remark(error.message);
    return exitCodes.usage;
  }
  say.remark(`${inspect(error)}\nThis is a defect of the command.`);
  return exitCodes.failed;
}

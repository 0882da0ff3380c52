/** Questions to the person at the terminal. They appear on stderr, so that stdout stays for results. */
import { text as readText } from 'node:stream/consumers';
import { confirm, isCancel, password, text } from '@clack/prompts';
import { CliError, exitCodes, usageError } from './exit.ts';
import { canAsk, type Surroundings } from './surroundings.ts';

type Validate = (value: string | undefined) => string | undefined;

function streams({ stdin: input, stderr: output, signal }: Surroundings) {
  return { input, output, signal };
}

function cancelled(): CliError {
  return new CliError(exitCodes.interrupted, 'Interrupted: nothing was done.');
}

export async function askText(
  surroundings: Surroundings,
  message: string,
  options: { readonly initialValue?: string; readonly validate?: Validate } = {},
): Promise<string> {
  const value = await text({ message, ...options, ...streams(surroundings) });
  if (isCancel(value)) throw cancelled();
  return value.trim();
}

/** Asks for a secret. The terminal shows neither the typed characters nor their number. */
export async function askSecret(
  surroundings: Surroundings,
  message: string,
  validate?: Validate,
): Promise<string> {
  const options = validate === undefined ? {} : { validate };
  const value = await password({ message, mask: '', ...options, ...streams(surroundings) });
  if (isCancel(value)) throw cancelled();
  return value.trim();
}

export async function askYesNo(surroundings: Surroundings, message: string): Promise<boolean> {
  const value = await confirm({ message, initialValue: false, ...streams(surroundings) });
  if (isCancel(value)) throw cancelled();
  return value;
}

export interface Confirmation {
  readonly clientId: string;
  /** `--confirm`. */
  readonly given: string | undefined;
  /** What will be gone. */
  readonly lines: readonly string[];
}

/** Has the client id typed before something is deleted. Throws a CliError unless it was, here or with `--confirm`. */
export async function confirmByName(
  surroundings: Surroundings,
  { clientId, given, lines }: Confirmation,
  remark: (text: string) => void,
): Promise<void> {
  if (given !== undefined) {
    if (given === clientId) return;
    throw usageError(`--confirm must be the client id, ${clientId}. Nothing was done.`);
  }
  if (!canAsk(surroundings))
    throw usageError(`This cannot be taken back: repeat it with --confirm ${clientId}. Nothing was done.`);
  for (const line of lines) remark(line);
  const typed = await askText(surroundings, `Type the client id ${clientId} to go on`);
  if (typed !== clientId)
    throw new CliError(exitCodes.failed, 'That is not the client id. Nothing was done.');
}

/** Reads a secret that another program sends, to its end. */
export async function readSecretFromStdin({ stdin }: Surroundings): Promise<string> {
  return (await readText(stdin)).trim();
}

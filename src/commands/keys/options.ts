/** The command line of `npm run keys`. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { longestKeyDays } from '../../ledger/api-keys.ts';
import { roles, type Role } from '../../ledger/roles.ts';
import { UsageError } from '../run-command.ts';

export interface WantedKey {
  readonly name: string;
  readonly role: Role;
  /** Undefined: it does not expire. */
  readonly expiresInDays: number | undefined;
}

export type KeysCommand =
  | ({ readonly verb: 'create' } & WantedKey)
  | { readonly verb: 'revoke'; readonly id: string }
  | { readonly verb: 'list' }
  | { readonly verb: 'rotate' }
  | { readonly verb: 'help' };

export const help = `Keys of the API, and the keys that secrets are encrypted with.

  npm run keys -- create --name <name> --role <role> [--expires-in-days <days>]
                                makes a key of the API and shows it, this once
  npm run keys -- list          all keys, without what opens anything
  npm run keys -- revoke <id>   the key opens nothing any more, within two seconds
  npm run keys -- rotate        encrypts every stored secret with the first of ENCRYPTION_KEYS

  --name <name>              whose it is, at most 100 characters
  --role <role>              viewer (looks), provisioner (looks, plans, creates), operator (looks, plans, cancels,
                             resumes, rolls back) or admin (everything)
  --expires-in-days <days>   1 to ${longestKeyDays}; without it the key does not expire
  --help                     this text

Exit code 0: done. 1: not possible. 2: the command line is wrong.
`;

/** Reads the arguments after the program's name. Throws a UsageError that says what is wrong. */
export function readCommand(args: readonly string[]): KeysCommand {
  const [verb, ...rest] = args;
  if (args.includes('--help') || args.includes('-h')) return { verb: 'help' };
  switch (verb) {
    case 'create':
      return readCreate(rest);
    case 'list':
    case 'rotate':
      expectNothing(parse(rest, {}).positionals);
      return { verb };
    case 'revoke':
      return { verb, id: readId(parse(rest, {}).positionals) };
    default:
      throw wrong('Say what to do: create, list, revoke or rotate.');
  }
}

function readCreate(args: readonly string[]): KeysCommand {
  const { values, positionals } = parse(args, {
    name: { type: 'string' },
    role: { type: 'string' },
    'expires-in-days': { type: 'string' },
  });
  expectNothing(positionals);
  const name = values.name?.trim() ?? '';
  if (name === '' || name.length > 100 || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name))
    throw wrong('--name: must have 1 to 100 characters, and no control characters.');
  const role = roles.find((known) => known === values.role);
  if (role === undefined) throw wrong(`--role: must be one of ${roles.join(', ')}.`);
  const days = values['expires-in-days'];
  const isDays =
    days === undefined || (/^\d{1,4}$/.test(days) && Number(days) >= 1 && Number(days) <= longestKeyDays);
  if (!isDays) throw wrong(`--expires-in-days: must be a whole number from 1 to ${longestKeyDays}.`);
  return { verb: 'create', name, role, expiresInDays: days === undefined ? undefined : Number(days) };
}

function readId(positionals: readonly string[]): string {
  const [id = '', ...others] = positionals;
  expectNothing(others);
  // Not repeated: it may be a whole key.
  if (!/^[0-9a-f]{12}$/.test(id))
    throw wrong('revoke: give the id of the key, twelve characters as in the list.');
  return id;
}

function expectNothing(positionals: readonly string[]): void {
  if (positionals.length > 0) throw wrong('There are more arguments than the command takes.');
}

function parse<const Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error), error);
  }
}

function wrong(what: string, cause?: unknown): UsageError {
  return new UsageError(`${what}\nnpm run keys -- --help explains the commands.`, { cause });
}

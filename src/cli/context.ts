/** All that a command is given besides its arguments. */
import type { z } from 'zod';
import { openApi, type Answer, type Api } from './api/client.ts';
import { findConnection } from './connection.ts';
import { CliError, exitCodes } from './exit.ts';
import { openSay, type Say } from './say.ts';
import type { Surroundings } from './surroundings.ts';

/** The options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly insecure?: boolean;
  /** Seconds that an outage is waited out. */
  readonly timeout?: number;
}

export interface Cli {
  readonly surroundings: Surroundings;
  readonly say: Say;
  /** Throws a CliError where nobody has signed in. */
  api(): Promise<Api>;
}

const defaultTimeoutSeconds = 30;

export function openCli(surroundings: Surroundings, options: CommonOptions): Cli {
  const say = openSay(surroundings, options.json ?? false);
  return {
    surroundings,
    say,
    async api() {
      const connection = await findConnection(surroundings.environment, {
        isInsecure: options.insecure ?? false,
      });
      return openApi(connection, apiOptionsOf(surroundings, say, options));
    },
  };
}

export function apiOptionsOf({ signal }: Surroundings, say: Say, options: CommonOptions) {
  const seconds = options.timeout ?? defaultTimeoutSeconds;
  return {
    timeoutMs: seconds * 1000,
    signal,
    onOutage: (reason: string) => say.remark(`The API cannot answer now (${reason}): trying again…`),
  };
}

/** Reads an answer by its schema. Throws a CliError where the server says something that this version does not know. */
export function read<Schema extends z.ZodType>(schema: Schema, answer: Answer): z.output<Schema> {
  const parsed = schema.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CliError(
    exitCodes.failed,
    `The API answered in a form that this version does not know (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}). Are both of the same version?`,
  );
}

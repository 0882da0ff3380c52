/** `doctor`: over the API, or on the server's own machine. */
import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import type { Cli } from '../context.ts';
import type { ExitCode } from '../exit.ts';
import { isMissing } from '../files.ts';
import { askApi } from './remote.ts';
import { reportAll } from './report.ts';

export async function doctor(cli: Cli, { local = false }: { readonly local?: boolean }): Promise<ExitCode> {
  if (!local) return reportAll(cli, askApi(await cli.api()));
  // Loaded here: it knows the database, the queue and all providers, which no other command does.
  const { lookAround } = await import('./local.ts');
  const { environment, signal } = cli.surroundings;
  return reportAll(
    cli,
    lookAround({ environment: { ...(await readEnvFile('.env')), ...environment }, folder: '.', signal }),
  );
}

async function readEnvFile(path: string): Promise<Record<string, string | undefined>> {
  try {
    return parseEnv(await readFile(path, 'utf8'));
  } catch (error) {
    if (isMissing(error)) return {};
    throw error;
  }
}

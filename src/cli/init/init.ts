/** `init`: from nothing to an `.env` that works. Each provider is tried before its values are kept. */
import { copyFile, chmod, readFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import { parseEnv } from 'node:util';
import { loadConfig } from '../../config.ts';
import type { Cli } from '../context.ts';
import { CliError, exitCodes, usageError, type ExitCode } from '../exit.ts';
import { isMissing, writePrivately } from '../files.ts';
import { canAsk } from '../surroundings.ts';
import { askSection } from './ask-section.ts';
import { askYesNo } from '../ask.ts';
import { fillIn, namesIn } from './env-file.ts';
import { allGroups, tryOut } from './judge.ts';
import { sections } from './sections.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface InitOptions {
  readonly fromEnv?: boolean;
  readonly file: string;
  readonly force?: boolean;
}

export async function init(cli: Cli, options: InitOptions): Promise<ExitCode> {
  const { surroundings, say } = cli;
  const { file, fromEnv = false } = options;
  if (!fromEnv && !canAsk(surroundings))
    throw usageError('init asks questions, and there is no terminal: use --from-env.');
  const template = (await readIfThere(new URL('../../../.env.example', import.meta.url))) ?? '';
  const present = await readIfThere(file);
  if (present !== undefined) await requireConsent(cli, options);
  const values = knownValues(template, sourcesOf(cli, parseEnv(present ?? ''), fromEnv));
  makeKeys(values);
  if (fromEnv) await tryAll(cli, values);
  else for (const section of sections) await askSection(cli, section, values);
  // Throws and lists every problem, of those too that nobody was asked for.
  loadConfig(Object.fromEntries(values), allGroups);
  const backup = present === undefined ? undefined : await keepCopy(file);
  await writePrivately(file, fillIn(template, values));
  say.document({ file, backup: backup ?? null });
  say.line(`${file} is written, for this user alone.`);
  if (backup !== undefined) say.line(`What was there before is in ${backup}.`);
  say.line('Next: npm run migrate, then npm start. ADMIN_API_KEY in the file is the first key for "login".');
  return exitCodes.done;
}

async function readIfThere(path: string | URL): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function requireConsent({ surroundings }: Cli, { file, force = false, fromEnv = false }: InitOptions) {
  if (force) return;
  if (fromEnv) throw usageError(`${file} is there already. Give --force to replace it; a copy is kept.`);
  if (
    !(await askYesNo(
      surroundings,
      `${file} is there already. Replace it? Its values are offered, and a copy is kept`,
    ))
  )
    throw new CliError(exitCodes.failed, 'Nothing was written.');
}

/** With `--from-env` the environment wins. A person's shell has a HOST of its own, so of it only what is asked for counts. */
function sourcesOf({ surroundings }: Cli, file: Environment, fromEnv: boolean): Environment {
  const { environment } = surroundings;
  if (fromEnv) return { ...file, ...environment };
  const asked = sections.flatMap(({ variables }) =>
    variables.map(({ name }) => [name, environment[name]] as const),
  );
  return { ...Object.fromEntries(asked), ...file };
}

/** Only what the service has variables for: the rest of an environment is nobody's business here. */
function knownValues(template: string, environment: Environment): Map<string, string> {
  const names = new Set([...namesIn(template), ...allGroups.flatMap(({ shape }) => Object.keys(shape))]);
  return new Map(
    [...names].flatMap((name) => {
      const value = environment[name]?.trim() ?? '';
      return value === '' ? [] : [[name, value] as const];
    }),
  );
}

function makeKeys(values: Map<string, string>): void {
  for (const { name, make } of sections.flatMap(({ variables }) => variables))
    if (make !== undefined && !values.has(name)) values.set(name, make());
}

/** Throws a CliError where a check fails: what cannot work is not written. */
async function tryAll({ say, surroundings }: Cli, values: ReadonlyMap<string, string>): Promise<void> {
  const environment = Object.fromEntries(values);
  loadConfig(environment, allGroups);
  const failed: string[] = [];
  for (const section of sections)
    for await (const { name, ok, detail, fix = '' } of tryOut(section, environment, surroundings.signal)) {
      say.remark(`${ok ? '✓' : '✗'} ${name}: ${detail}`);
      if (!ok) failed.push(`  ${name}: ${fix}`);
    }
  if (failed.length > 0)
    throw new CliError(exitCodes.failed, ['Nothing was written. To be mended first:', ...failed].join('\n'));
}

/** A copy beside it, for its owner alone. */
async function keepCopy(file: string): Promise<string> {
  const copy = `${file}.backup-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  await copyFile(file, copy, constants.COPYFILE_EXCL);
  await chmod(copy, 0o600);
  return copy;
}

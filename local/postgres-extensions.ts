import { createHash } from 'node:crypto';
import {
  copyFile,
  cp,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type { PostgresBinaries } from './postgres-binaries.ts';

/** Extensions beyond those that the server's package brings. */
export interface PostgresExtensions {
  /** Holds their `.control` and `.sql` files. */
  folder: string;
  /** Extensions of the package that any owner of a database may create, not only a superuser. */
  trusted: readonly string[];
}

/**
 * The same programs with more extensions. PostgreSQL 17 looks for extensions in one folder only, which it finds beside
 * its own program, and node_modules is not ours to write to: so the program gets a place of its own in `home`, with
 * links to all that stays the same.
 */
export async function withExtensions(
  binaries: PostgresBinaries,
  extensions: PostgresExtensions,
  home: string,
): Promise<PostgresBinaries> {
  const place = path.join(home, `programs-${await fingerprint(binaries, extensions)}`);
  if (!(await isThere(place))) await build(binaries, extensions, place);
  return {
    ...binaries,
    directory: place,
    initdb: path.join(place, 'bin', 'initdb'),
    postgres: path.join(place, 'bin', 'postgres'),
  };
}

/** Changes with the package and with every file of the extensions. */
async function fingerprint({ directory, postgres }: PostgresBinaries, extensions: PostgresExtensions) {
  const { mtimeMs } = await stat(postgres);
  const hash = createHash('sha256').update(JSON.stringify([directory, mtimeMs, extensions.trusted]));
  for (const name of (await readdir(extensions.folder)).toSorted())
    hash.update(name).update(await readFile(path.join(extensions.folder, name)));
  return hash.digest('hex').slice(0, 12);
}

/** Made beside its place and renamed when complete, so that being killed half-way leaves nothing there. */
async function build(binaries: PostgresBinaries, extensions: PostgresExtensions, place: string) {
  const draft = await mkdtemp(`${place}.`);
  const tree = path.join(draft, 'tree');
  try {
    await mkdir(path.join(tree, 'bin'), { recursive: true });
    await symlink(path.join(binaries.directory, 'lib'), path.join(tree, 'lib'));
    // Never links by name: the server follows one to its end, and would look for extensions there.
    for (const program of [binaries.initdb, binaries.postgres])
      await linkOrCopy(program, path.join(tree, 'bin', path.basename(program)));
    const share = path.join('share', 'postgresql');
    await linkEntries(path.join(binaries.directory, share), path.join(tree, share), ['extension']);
    await addExtensions(
      path.join(binaries.directory, share, 'extension'),
      path.join(tree, share, 'extension'),
      extensions,
    );
    await rename(tree, place);
  } catch (error) {
    // Another process may have been faster.
    if (!(await isThere(place))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function addExtensions(from: string, to: string, { folder, trusted }: PostgresExtensions) {
  const controls = trusted.map((name) => `${name}.control`);
  await linkEntries(from, to, controls);
  for (const control of controls) {
    const text = await readFile(path.join(from, control), 'utf8');
    await writeFile(path.join(to, control), `${text.trimEnd()}\ntrusted = true\n`);
  }
  await cp(folder, to, { recursive: true });
}

async function linkEntries(from: string, to: string, except: readonly string[]): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from))
    if (!except.includes(name)) await symlink(path.join(from, name), path.join(to, name));
}

/** Copies where the two folders are on different disks, or the file is another user's. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(async () => await copyFile(from, to));
}

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

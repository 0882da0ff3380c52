import { readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { isServing, readPostmaster } from './postmaster-file.ts';

/**
 * Renames the folder of a database that another major version of PostgreSQL has made, since no other can read it.
 * Nothing is deleted.
 *
 * @throws while a server of the other version runs on it.
 */
export async function setAsideOtherVersion(
  folder: string,
  major: string,
  warn: (sentence: string) => void,
): Promise<void> {
  const data = path.join(folder, 'data');
  const version = (await readFile(path.join(data, 'PG_VERSION'), 'utf8').catch(() => undefined))?.trim();
  if (version === undefined || version === major) return;
  const postmaster = await readPostmaster(data);
  if (postmaster !== undefined && (await isServing(postmaster.pid, data))) {
    throw new Error(
      `A server of PostgreSQL ${version} (process ${postmaster.pid}) still runs on ${data}, and this version of ` +
        `the project uses PostgreSQL ${major}. Stop what started it, and try again.`,
    );
  }
  const aside = await freeName(`${folder}-${version}`);
  try {
    await rename(folder, aside);
  } catch (error) {
    // Another process may have been faster.
    if (await isThere(folder)) throw error;
    return;
  }
  warn(
    `The data in ${folder} was made by PostgreSQL ${version}, which PostgreSQL ${major} can't read. ` +
      `The folder is now ${aside}, and a new database takes its place. Delete ${aside} when nobody needs it.`,
  );
}

async function freeName(wanted: string): Promise<string> {
  for (let number = 2, name = wanted; ; number += 1) {
    if (!(await isThere(name))) return name;
    name = `${wanted}-${number}`;
  }
}

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

/** The files of a template, in the order in which they are applied, and what is left out. Reads names, no contents. */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { byBytes, enter, readFolder, type Folder } from './folder.ts';
import { joinFound, leaveOut, type FoundFile, type FoundFiles } from './found-files.ts';
import { leaveOutFile, leaveOutFolder, noSql, timestampedName } from './name-rules.ts';
import { findInSupabaseFolder, isSupabaseFolder } from './supabase-folder.ts';
import type { LeftOut } from './template.ts';

/** `path` is a file or a folder. Throws an Error that says what can't be read, or can't be put in order. */
export function findFiles(path: string): FoundFiles {
  const found = statSync(path).isDirectory()
    ? findInFolder(readFolder(path), '')
    : { files: [theFile(path)], leftOut: [] };
  if (found.files.length === 0) throw new Error(`there is no .sql file in it${whatElse(found.leftOut)}`);
  refuseTwins(found.files);
  return found;
}

function theFile(path: string): FoundFile {
  const name = basename(path);
  return { name, path, migration: timestampedName(name) };
}

function whatElse(leftOut: readonly LeftOut[]): string {
  const shown = leftOut.slice(0, 5).map(({ name, reason }) => `${name} (${reason})`);
  return shown.length === 0 ? '' : `, only ${shown.join(', ')}`;
}

/** The CLI's table has one row per version. */
function refuseTwins(files: readonly FoundFile[]): void {
  const seen = new Map<string, string>();
  for (const { name, migration } of files) {
    if (migration === undefined) continue;
    const twin = seen.get(migration.version);
    if (twin !== undefined)
      throw new Error(`${twin} and ${name} have the same version, ${migration.version}: rename one of them`);
    seen.set(migration.version, name);
  }
}

function findInFolder(folder: Folder, prefix: string): FoundFiles {
  if (isSupabaseFolder(folder)) return findInSupabaseFolder(folder, prefix, findInFolder);
  if (folder.files.includes('sqitch.plan'))
    throw new Error(
      `${prefix}sqitch.plan gives the order of its scripts, and here their names do: ` +
        'make one file of the deploy scripts, in the order of the plan',
    );
  const found = [
    ...folder.files.map((name) => ({ key: name, found: findFile(folder, name, prefix) })),
    ...folder.folders.map((name) => ({ key: `${name}/`, found: findInSubfolder(folder, name, prefix) })),
  ];
  return joinFound(found.toSorted((a, b) => byBytes(a.key, b.key)).map((one) => one.found));
}

function findFile(folder: Folder, name: string, prefix: string): FoundFiles {
  const reason = leaveOutFile(name, folder.files);
  if (reason !== undefined) return leaveOut(prefix + name, reason);
  const isMigration = prefix === '' || prefix === 'migrations/';
  const migration = isMigration ? timestampedName(name) : undefined;
  return { files: [{ name: prefix + name, path: join(folder.path, name), migration }], leftOut: [] };
}

function findInSubfolder(folder: Folder, name: string, prefix: string): FoundFiles {
  const whole = `${prefix}${name}/`;
  const reason = leaveOutFolder(name);
  if (reason !== undefined) return leaveOut(whole, reason);
  const found = findInFolder(enter(folder, name), whole);
  const isWorthless = found.files.length === 0 && found.leftOut.every((one) => one.reason === noSql);
  return isWorthless ? leaveOut(whole, noSql) : found;
}

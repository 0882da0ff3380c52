/** Lists a folder, in byte order. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Folder {
  readonly path: string;
  /** Names of files. */
  readonly files: readonly string[];
  /** Names of folders. */
  readonly folders: readonly string[];
}

/** Links are followed: mounted configuration consists of them. One that leads nowhere counts as a file. */
export function readFolder(path: string): Folder {
  const names = readdirSync(path).toSorted(byBytes);
  const isFolder = (name: string) => statSync(join(path, name), { throwIfNoEntry: false })?.isDirectory();
  const folders = new Set(names.filter(isFolder));
  return { path, files: names.filter((name) => !folders.has(name)), folders: [...folders] };
}

export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Throws for a link that leads back to a folder in which it is. */
export function enter(folder: Folder, name: string): Folder {
  const path = join(folder.path, name);
  const real = realpathSync(path);
  const above = realpathSync(folder.path);
  if (above === real || above.startsWith(join(real, '/')))
    throw new Error(`${path} is a link to a folder above it`);
  return readFolder(path);
}

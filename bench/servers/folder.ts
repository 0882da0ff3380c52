/** The folder for the servers' data: on the disk of this checkout, since what is measured has to reach a disk. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { isAlive } from '../../local/postmaster-file.ts';

const parent = path.resolve(import.meta.dirname, '../../.data');
const prefix = 'bench-';

/** Makes it, to be removed by whoever asked for it, and removes what runs that were killed have left behind. */
export async function makeDataFolder(): Promise<string> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const [, pid] = new RegExp(`^${prefix}(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) await removeFolder(path.join(parent, name));
  }
  return mkdtemp(path.join(parent, `${prefix}${process.pid}-`));
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

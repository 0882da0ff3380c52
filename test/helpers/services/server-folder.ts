import { chmod, mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isAlive } from '../../../local/postmaster-file.ts';

const prefix = 'provisioner-test-';
/** Linux's folder in memory. Docker gives containers 64 MB of it, macOS has none. */
const inMemory = '/dev/shm';
const enoughBytes = 4 * 1024 ** 3;
/** A container does not see the processes of another one: only what is that old can be nobody's. */
const oldMs = 12 * 3600 * 1000;

/**
 * Makes a folder for the files of tests' servers, to be removed by whoever asked for it.
 *
 * It is in memory where there is room, as hundreds of databases of 300 files each come and go. What runs that were
 * killed have left behind is removed first.
 */
export async function makeServerFolder(): Promise<string> {
  const parent = (await freeBytes(inMemory)) >= enoughBytes ? inMemory : tmpdir();
  await removeLeftBehind(parent);
  const folder = await mkdtemp(path.join(parent, `${prefix}${process.pid}-`));
  // The servers may run as another user.
  await chmod(folder, 0o755);
  return folder;
}

async function freeBytes(folder: string): Promise<number> {
  const found = await statfs(folder).catch(() => undefined);
  return found === undefined ? 0 : found.bavail * found.bsize;
}

async function removeLeftBehind(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, pid] = new RegExp(`^${prefix}(\\d+)-`).exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const folder = path.join(parent, name);
    const made = await stat(folder).catch(() => undefined);
    if (made === undefined || Date.now() - made.mtimeMs < oldMs) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

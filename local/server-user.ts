import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';

/** How a program is started so that it isn't root and doesn't outlive us. */
export interface ServerUser {
  /** Words put before the program: `unshare …`, `setpriv …`, or nothing. */
  prefix: string[];
  /** Set when the program runs as another user than ourselves; its files must then be that user's. */
  switchTo?: { uid: number; gid: number };
}

const UNSHARE = ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--'];
const DIE_WITH_PARENT = ['setpriv', '--pdeathsig', 'INT', '--'];

/**
 * Chooses how to run PostgreSQL, which refuses to run as root.
 *
 * Root gets a user namespace in which it is `nobody`: nothing is created on the machine, the files stay root's,
 * and a checkout under /root works. Where namespaces are forbidden (some containers) it becomes the user
 * `postgres` or `nobody`. On Linux the kernel also stops the server when we are killed.
 */
export function chooseServerUser(): ServerUser {
  const dieWithParent = dieWithParentPrefix();
  if (process.getuid?.() !== 0) return { prefix: dieWithParent };
  if (works(UNSHARE)) return { prefix: [...UNSHARE, ...dieWithParent] };
  return { prefix: dieWithParent, switchTo: findUnprivilegedUser() };
}

/** Words put before a program so that the kernel interrupts it when we die; none where the system can't. */
export function dieWithParentPrefix(): string[] {
  return process.platform === 'linux' && works(DIE_WITH_PARENT) ? DIE_WITH_PARENT : [];
}

/** Whether every folder on the way to `target`, and `target` itself, may be entered by any user. */
export async function isOpenToAll(target: string): Promise<boolean> {
  for (let folder = path.resolve(target); ; folder = path.dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

function works(prefix: string[]): boolean {
  const [command = 'true', ...args] = prefix;
  return spawnSync(command, [...args, 'true'], { stdio: 'ignore' }).status === 0;
}

function findUnprivilegedUser(): { uid: number; gid: number } {
  for (const name of ['postgres', 'nobody']) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and there is neither a user namespace nor a user `postgres` or `nobody` ' +
      'to run it as. Start this as another user, or point DATABASE_URL at a PostgreSQL server.',
  );
}

function idOf(flag: '-u' | '-g', name: string): number | undefined {
  const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8' });
  return status === 0 ? Number(stdout.trim()) : undefined;
}

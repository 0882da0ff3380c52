import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { setAsideOtherVersion } from './other-version.ts';
import { withExtensions, type PostgresExtensions } from './postgres-extensions.ts';
import { isAlive } from './postmaster-file.ts';
import { chooseServerUser, isOpenToAll, type ServerUser } from './server-user.ts';

/** A data folder that is ready to be served. */
export interface Cluster {
  /** PostgreSQL's own data folder. */
  directory: string;
  password: string;
  logFile: string;
  /** Holds the process id of whoever started the server last. */
  ownerFile: string;
  binaries: PostgresBinaries;
  user: ServerUser;
}

type Owner = NonNullable<ServerUser['switchTo']>;

export interface ClusterOptions {
  extensions: PostgresExtensions | undefined;
  log: (line: string) => void;
  /** Told what a person should know: data of another version was set aside. */
  warn: (sentence: string) => void;
}

/**
 * The superuser's name. It is not `postgres`: that name is left for a role without such powers, which a hosted database
 * has and the provider sandbox plays.
 */
export const SUPERUSER = 'supabase_admin';

/**
 * Opens the data folder in `dataDir`, and makes it first if there is none. Data that another major version has made is
 * set aside, since no other can read it.
 */
export async function openCluster(dataDir: string, options: ClusterOptions): Promise<Cluster> {
  const { extensions, log, warn } = options;
  await mkdir(dataDir, { recursive: true });
  const home = await realpath(dataDir);
  const user = chooseServerUser();
  const { switchTo } = user;
  const serverHome = switchTo === undefined ? home : await homeForOtherUser(home, switchTo);
  const installed = await findPostgresBinaries({
    copyTo: serverHome,
    mustCopy: async (directory) => switchTo !== undefined && !(await isOpenToAll(directory)),
  });
  const binaries =
    extensions === undefined ? installed : await withExtensions(installed, extensions, serverHome);
  const folder = path.join(serverHome, 'server');
  await setAsideOtherVersion(folder, binaries.major, warn);
  if ((await read(path.join(folder, 'password'))) === undefined) {
    log(`making a new database in ${folder}`);
    await initialise({ folder, binaries, user });
  }
  return {
    directory: path.join(folder, 'data'),
    password: await readFile(path.join(folder, 'password'), 'utf8'),
    logFile: path.join(home, 'postgres.log'),
    ownerFile: path.join(home, 'owner.pid'),
    binaries,
    user,
  };
}

/**
 * A folder that another user's server can reach: the data folder itself, or, when that lies in somebody's private
 * home, one in the system's temporary folder, whose path is kept so that the next start finds the data again.
 */
async function homeForOtherUser(home: string, owner: Owner): Promise<string> {
  if (await isOpenToAll(home)) {
    await give(home, owner);
    return home;
  }
  const note = path.join(home, 'elsewhere');
  const known = await read(note);
  if (known !== undefined && (await isOpenToAll(known).catch(() => false))) return known;

  const elsewhere = await mkdtemp(path.join(tmpdir(), 'local-postgres-'));
  await chmod(elsewhere, 0o755);
  await give(elsewhere, owner);
  if (known !== undefined) await rm(note, { force: true });
  const draft = path.join(home, `${path.basename(elsewhere)}.note`);
  try {
    // Linking is the one way to put a complete file there only if there is none.
    await writeFile(draft, elsewhere);
    await link(draft, note);
    return elsewhere;
  } catch (error) {
    const faster = await read(note);
    if (faster === undefined) throw error;
    await rmdir(elsewhere);
    return faster;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Makes `folder` with the data and the password. That is done beside its place and then renamed, so that neither
 * being killed half-way nor another process doing the same leaves half a database there.
 */
async function initialise(options: {
  folder: string;
  binaries: PostgresBinaries;
  user: ServerUser;
}): Promise<void> {
  const { folder, binaries, user } = options;
  await removeAbandonedDrafts(folder);
  const draft = await mkdtemp(`${folder}.${process.pid}.`);
  // On a shared machine trusting everybody on 127.0.0.1 would let all users in.
  const passwordFile = path.join(draft, 'password');
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  await Promise.all([draft, passwordFile].map(async (each) => await give(each, user.switchTo)));
  try {
    const access = ['-U', SUPERUSER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
    const contents = ['-E', 'UTF8', '--locale=C', '--no-sync'];
    await run(user, binaries.initdb, ['-D', path.join(draft, 'data'), ...access, ...contents]);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if ((await read(path.join(folder, 'password'))) === undefined) throw error;
  }
}

/** Removes what processes that were killed while making a database have left. */
async function removeAbandonedDrafts(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  const prefix = `${path.basename(folder)}.`;
  for (const name of await readdir(parent)) {
    const maker = Number(name.slice(prefix.length).split('.')[0]);
    if (name.startsWith(prefix) && !isAlive(maker))
      await rm(path.join(parent, name), { recursive: true, force: true });
  }
}

async function give(file: string, owner: Owner | undefined): Promise<void> {
  if (owner !== undefined) await chown(file, owner.uid, owner.gid);
}

async function run(user: ServerUser, program: string, args: string[]): Promise<void> {
  const [command = program, ...rest] = [...user.prefix, program, ...args];
  const child = spawn(command, rest, { ...user.switchTo, env: serverEnvironment(), stdio: 'pipe' });
  const output: string[] = [];
  child.stdin.end();
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  await once(child, 'close');
  if (child.exitCode !== 0) {
    const how = child.signalCode ?? `code ${String(child.exitCode)}`;
    throw new Error(`${path.basename(program)} ended with ${how}:\n${output.join('').trim()}`);
  }
}

/** Only what the server needs: a caller's PGDATA or PGPORT must not reach it. */
export function serverEnvironment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' };
}

async function read(file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').catch(() => undefined);
}

import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { findOnPath, runProgram } from './run-program.ts';
import type { RedisProgram } from './redis-program.ts';

const CACHE = path.resolve(import.meta.dirname, '../../../.cache/redis');
const UPDATE_TIMEOUT_MS = 120_000;

/**
 * Fetches Debian's or Ubuntu's Redis packages and unpacks them into a folder of this project; nothing on the system
 * changes, and no root is needed. The answer is the reason, a string, when it can't be done.
 *
 * apt checks the packages against the distribution's keys, as always.
 */
export async function unpackDebianRedis(): Promise<RedisProgram | string> {
  const unpacked = path.join(CACHE, 'root');
  const command = path.join(unpacked, 'usr', 'bin', 'redis-server');
  if (!(await isThere(command))) {
    if ((await findOnPath('apt-get')) === undefined) return 'no apt-get';
    const problem = await fetchAndUnpack(unpacked);
    if (problem !== undefined) return `apt-get: ${problem}`;
  }
  return { command, libraryPath: (await libraryFolders(unpacked)).join(path.delimiter) };
}

async function fetchAndUnpack(unpacked: string): Promise<string | undefined> {
  const packages = path.join(CACHE, 'packages');
  const draft = path.join(CACHE, 'root.new');
  await Promise.all(
    [packages, draft].map(async (folder) => await rm(folder, { recursive: true, force: true })),
  );
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'packages', 'root.new']) {
    await mkdir(path.join(CACHE, folder), { recursive: true });
  }
  const apt = async (...args: string[]): ReturnType<typeof runProgram> =>
    await runProgram('apt-get', [...aptOptions(), ...args], { cwd: packages, timeoutMs: UPDATE_TIMEOUT_MS });

  // Its result is not looked at: one unreachable third-party source makes it fail, with everything we need there.
  await apt('update');
  const plan = await apt(
    '--simulate',
    'install',
    '--reinstall',
    '--no-install-recommends',
    'redis-server',
    'redis-tools',
  );
  const names = [...plan.stdout.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
  if (!names.some((name) => name.startsWith('redis-server')))
    return lastLine(plan.stderr) || 'no package redis-server';
  const download = await apt('download', ...names);
  if (download.code !== 0) return lastLine(download.stderr);

  for (const file of await readdir(packages)) {
    const { code, stderr } = await runProgram('dpkg-deb', ['-x', path.join(packages, file), draft]);
    if (code !== 0) return lastLine(stderr);
  }
  await rm(unpacked, { recursive: true, force: true });
  await rename(draft, unpacked);
  return undefined;
}

/** Keeps apt's lists and archives in our own folder; the list of installed packages is the system's. */
function aptOptions(): string[] {
  return [
    `Dir::State=${path.join(CACHE, 'state')}`,
    `Dir::Cache=${path.join(CACHE, 'cache')}`,
    'Dir::State::status=/var/lib/dpkg/status',
    // As root apt would fetch as another user, who can't write here.
    `APT::Sandbox::User=${process.getuid?.() === 0 ? 'root' : ''}`,
    'APT::Update::Post-Invoke-Success::=true',
  ].flatMap((option) => ['-o', option]);
}

async function libraryFolders(unpacked: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ['usr/lib', 'lib'].map((each) => path.join(unpacked, each))) {
    const names = await readdir(folder).catch(() => []);
    found.push(
      folder,
      ...names.filter((name) => name.includes('-linux-gnu')).map((name) => path.join(folder, name)),
    );
  }
  return found;
}

async function isThere(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}

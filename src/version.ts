/** The version of this program: what `package.json` says, and the commit that it was made from. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

export interface Version {
  readonly package: string;
  /** The first seven digits. Null where neither `SOURCE_COMMIT` nor a git checkout tells. */
  readonly commit: string | null;
}

const root = path.resolve(import.meta.dirname, '..');

/** Read once: an upgrade replaces the files of a process that still runs. */
export const version: Version = { package: readPackage(), commit: readCommit() };

/** As people write it: `0.1.0 (a3ffab4)`. */
export const versionText =
  version.commit === null ? version.package : `${version.package} (${version.commit})`;

function readPackage(): string {
  const text = readFileSync(path.join(root, 'package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** An image has no checkout: its build sets SOURCE_COMMIT. */
function readCommit(): string | null {
  const commit = process.env['SOURCE_COMMIT'] ?? readCheckout();
  return /^[0-9a-f]{7,40}$/.test(commit) ? commit.slice(0, 7) : null;
}

function readCheckout(): string {
  // Else git would tell of a repository that this one lies in.
  if (!existsSync(path.join(root, '.git'))) return '';
  const { stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return stdout?.trim() ?? '';
}

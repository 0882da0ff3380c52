// Installs the packages when package-lock.json or the platform has changed since the last time.
// Plain JavaScript for any Node from 18 on: it is what brings the Node version that the rest needs.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const stamp = path.join(root, 'node_modules', '.setup-stamp');
const wanted = createHash('sha256')
  .update(readFileSync(path.join(root, 'package-lock.json')))
  .update(`${process.platform}-${process.arch}`)
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.error('Installing packages (npm ci)…');
  // One word list for the shell: on Windows npm is a .cmd file.
  const { status } = spawnSync(
    'npm ci --include=dev --include=optional --no-audit --no-fund --loglevel=error',
    {
      cwd: root,
      shell: true,
      // What npm prints is not the output of the command that the user called.
      stdio: ['ignore', 2, 2],
    },
  );
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, wanted);
}

#!/usr/bin/env node
// The program of the package's `bin`: the command line, with the Node that the packages bring where this one is too old
// to run TypeScript as it is.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const broughtAlong = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

if (major > 24 || (major === 24 && minor >= 12)) await import(main);
else if (existsSync(broughtAlong)) {
  // A signal from the terminal reaches both; the command line says how it ended.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
  const { status } = spawnSync(broughtAlong, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  console.error(
    `client-provisioner needs Node 24.12 or newer, and this is ${process.versions.node}. Run "npm run setup" in its folder.`,
  );
  process.exitCode = 1;
}

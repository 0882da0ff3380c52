/** Where mutants are made and run: a copy of the sources as they are now, and one of that for each mutant. */
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../helpers/services/run-program.ts';
import type { Ran } from './verdict.ts';

const root = join(import.meta.dirname, '../../..');
const patchFolder = 'test/chaos/mutants';
const copied = ['src', 'sandbox', 'local', 'demo', 'test', 'examples', 'package.json', 'tsconfig.json'];
/** What only grows, and no mutant changes. */
const shared = ['node_modules', '.cache'];

export interface Workshop {
  /** Makes the copy with that patch of this folder, and runs `npm run chaos` there, with a time limit. */
  run(patch: string, options: readonly string[], timeoutMs: number): Promise<Ran>;
  close(): Promise<void>;
}

export async function openWorkshop(): Promise<Workshop> {
  const directory = await mkdtemp(join(tmpdir(), 'client-provisioner-mutants-'));
  const original = join(directory, 'original');
  // Whatever is edited meanwhile, all mutants are of the same sources.
  await copyInto(original, root);
  let count = 0;
  return {
    async run(patch, options, timeoutMs) {
      count += 1;
      const home = join(directory, String(count));
      await copyInto(home, original);
      try {
        for (const name of shared) await symlink(join(root, name), join(home, name));
        const applied = await execute('git', ['apply', join(patchFolder, patch)], home, timeoutMs);
        if (applied.code !== 0) return applied;
        return await execute(process.execPath, ['test/chaos/main.ts', ...options], home, timeoutMs);
      } finally {
        await rm(home, { recursive: true, force: true, maxRetries: 5 });
      }
    },
    close: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }),
  };
}

async function copyInto(target: string, source: string): Promise<void> {
  await mkdir(target);
  for (const name of copied) await cp(join(source, name), join(target, name), { recursive: true });
}

/** Everything below the process ends with it: the servers and workers of an arena do so by themselves. */
async function execute(command: string, args: string[], home: string, timeoutMs: number): Promise<Ran> {
  const temporary = join(home, 'tmp');
  await mkdir(temporary, { recursive: true });
  const { code, stdout, stderr } = await runProgram(command, args, {
    cwd: home,
    // No repository around the copy is meant, should there be one.
    env: { ...process.env, TMPDIR: temporary, GIT_CEILING_DIRECTORIES: join(home, '..') },
    timeoutMs,
  });
  return { code, output: `${stdout}\n${stderr}` };
}

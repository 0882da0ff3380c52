import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';

/** How a program ended. */
export interface Ended {
  /** -1 when it couldn't be started. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end and answers its output; never throws. */
export async function runProgram(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; timeoutMs?: number } = {},
): Promise<Ended> {
  const { timeoutMs, env, ...rest } = options;
  const { NODE_COMPILE_CACHE } = process.env;
  const child = spawn(command, args, {
    ...rest,
    ...(env === undefined ? {} : { env: { NODE_COMPILE_CACHE, ...env } }),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  });
  const ended = Promise.withResolvers<{ code: number; cause: string }>();
  child.once('error', (error) => ended.resolve({ code: -1, cause: error.message }));
  child.once('close', (code) => ended.resolve({ code: code ?? -1, cause: '' }));
  const [stdout, stderr, { code, cause }] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended.promise,
  ]);
  return { code, stdout, stderr: stderr || cause };
}

/** The full path of the first of these programs that is on PATH. */
export async function findOnPath(...names: string[]): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  for (const candidate of names.flatMap((name) => folders.map((folder) => path.join(folder, name)))) {
    const isThere = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return candidate;
  }
  return undefined;
}

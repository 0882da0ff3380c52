/** A process of the benchmark, as seen by whoever starts it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { compileCache } from '../../test/helpers/services/compile-cache.ts';
import type { Endings } from '../servers/endings.ts';
import { childMessage } from './messages.ts';

export interface Child {
  readonly pid: number;
  /** Where it listens. */
  readonly url: string;
  /** How long it took to be ready. */
  readonly readyMs: number;
  /** How many queries it has sent to PostgreSQL. */
  countQueries(): Promise<number>;
  /** Throws once it has ended, with what it has said last. */
  check(): void;
}

const folder = path.resolve(import.meta.dirname, '..');
const keptCharacters = 4000;

/**
 * Starts a file of this folder with these variables, and waits until it is ready. Its log is written and thrown away.
 *
 * The endings kill the process: nobody needs what it leaves behind.
 */
export async function startChild(
  file: string,
  variables: Readonly<Record<string, string>>,
  endings: Endings,
): Promise<Child> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [path.join(folder, file)], {
    env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: compileCache, ...variables },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-keptCharacters);
  });
  const exited = once(child, 'exit');
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const check = () => {
    if (hasEnded()) throw new Error(`${file} has ended: ${complaints}`);
  };
  const ready = Promise.withResolvers<string>();
  endings.add(async () => {
    if (hasEnded()) return;
    child.kill('SIGKILL');
    await exited;
  });
  let counted = Promise.withResolvers<number>();
  child.on('message', (raw: unknown) => {
    const message = childMessage.parse(raw);
    if (message.is === 'ready') ready.resolve(message.url);
    else counted.resolve(message.count);
  });
  child.once('exit', () => {
    const error = new Error(`${file} has ended: ${complaints}`);
    ready.reject(error);
    counted.reject(error);
  });
  counted.promise.catch(() => {});
  const url = await ready.promise;
  return {
    pid: child.pid ?? 0,
    url,
    readyMs: performance.now() - startedAt,
    async countQueries() {
      check();
      counted = Promise.withResolvers<number>();
      child.send('queries');
      return counted.promise;
    },
    check,
  };
}

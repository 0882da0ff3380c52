/** A process of the benchmark, as seen by whoever starts it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { childMessage } from './messages.ts';

export interface Child {
  readonly pid: number;
  /** Where it listens. */
  readonly url: string;
  /** How many queries it has sent to PostgreSQL. */
  countQueries(): Promise<number>;
  /** Throws once it has ended, with what it has said last. */
  check(): void;
  /** Ends it, and waits for that. May be repeated. */
  end(): Promise<void>;
}

const folder = path.resolve(import.meta.dirname, '..');
const keptCharacters = 4000;
const stopMs = 10_000;

/** Starts a file of this folder with these variables, and waits until it is ready. Its log is written and thrown away. */
export async function startChild(file: string, variables: Readonly<Record<string, string>>): Promise<Child> {
  const child = spawn(process.execPath, [path.join(folder, file)], {
    env: { PATH: process.env['PATH'] ?? '', ...variables },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-keptCharacters);
  });
  const exited = once(child, 'exit');
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const ready = Promise.withResolvers<string>();
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
  const check = () => {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${file} has ended: ${complaints}`);
  };
  const url = await ready.promise;
  return {
    pid: child.pid ?? 0,
    url,
    async countQueries() {
      check();
      counted = Promise.withResolvers<number>();
      child.send('queries');
      return counted.promise;
    },
    check,
    async end() {
      if (hasEnded()) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

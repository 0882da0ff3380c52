/** One of the product's programs as a process of its own, with an environment that is its alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { compileCache } from './services/compile-cache.ts';
import { until } from './until.ts';

export interface Program {
  /** All that it has written so far. */
  output(): string;
  /** Waits for a text in what it writes. */
  untilWritten(text: string): Promise<void>;
  /** Sends a signal and waits for the end; after half a minute it is killed. */
  end(signal?: NodeJS.Signals): Promise<Ended>;
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly tookMs: number;
}

/** Starts a `main.ts` as the npm scripts do. */
export function startProgram(file: string, environment: Readonly<Record<string, string>>): Program {
  const child = spawn(process.execPath, [file], {
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_COMPILE_CACHE: compileCache,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  // `close` comes when all that was written has been read, too.
  const closed = once(child, 'close');
  return {
    output: () => output,
    async untilWritten(text) {
      await until(() => {
        if (output.includes(text)) return true;
        if (child.exitCode !== null) throw new Error(`it has ended: ${output.slice(-2000)}`);
        return undefined;
      }, `"${text}" in what ${file} writes`);
    },
    async end(signal = 'SIGTERM') {
      const sentAt = performance.now();
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
      await closed;
      clearTimeout(timer);
      return { code: child.exitCode, tookMs: performance.now() - sentAt };
    },
  };
}

/** A worker as a process of its own, which a test may kill. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { compileCache } from './services/compile-cache.ts';
import { until } from './until.ts';

export interface WorkerProcess {
  readonly pid: number;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

/** Resolves when the worker has started. Its log goes nowhere but into the error of a start that fails. */
export async function startWorkerProcess(
  environment: Record<string, string>,
  startMs?: number,
): Promise<WorkerProcess> {
  const child = spawn(process.execPath, ['src/worker/main.ts'], {
    env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: compileCache, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-100_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`the worker exited: ${output}`);
      return output.includes('"worker started"') ? true : undefined;
    },
    'the worker to start',
    startMs,
  );
  return {
    pid: child.pid ?? 0,
    async kill(signal) {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}

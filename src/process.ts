/** The life of a process: it starts or says why not, it runs until it is told to stop, and it stops cleanly. */
import { inspect } from 'node:util';
import { ConfigurationError } from './errors.ts';

export interface Running {
  /** After that long a stop is cut short. Everything that matters is committed at any time. */
  readonly stopWithinMs: number;
  stop(): Promise<void>;
}

/** How long a stop may take: one provider call to its end, and a little for writing down what came of it. */
export function stopLimitMs(providerTimeoutMs: number): number {
  return providerTimeoutMs + 4500;
}

/**
 * Starts, and stops on SIGTERM or SIGINT with exit code 0.
 *
 * A ConfigurationError is printed as it is and exits with 1. `start` may be told to stop while it still waits for a
 * database: its signal is aborted then.
 */
export async function runProcess(start: (signal: AbortSignal) => Promise<Running>): Promise<void> {
  const controller = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      // Not once: a terminal's Ctrl-C comes again from npm, and must not kill what is stopping.
      process.on(signal, () => {
        controller.abort();
        resolve();
      });
  });
  try {
    const running = await start(controller.signal);
    await stopped;
    setTimeout(() => process.exit(0), running.stopWithinMs).unref();
    await running.stop();
    process.exitCode = 0;
  } catch (error) {
    if (controller.signal.aborted) process.exitCode = 0;
    else if (error instanceof ConfigurationError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    } else {
      process.stderr.write(`${inspect(error)}\n`);
      process.exitCode = 1;
    }
  }
  // Whatever still holds the event loop (a socket that lingers, say) must not keep a stopped process alive.
  setTimeout(() => process.exit(), 1000).unref();
}

/**
 * Tries until it works. Every failure is told to `onWait`; throws when the signal is aborted, and a ConfigurationError,
 * which no waiting fixes.
 */
export async function waitFor<T>(
  attempt: () => Promise<T>,
  options: { signal: AbortSignal; onWait: (error: unknown) => void; intervalMs?: number },
): Promise<T> {
  for (;;) {
    options.signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof ConfigurationError) throw error;
      options.onWait(error);
      await pause(options.intervalMs ?? 1000, options.signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

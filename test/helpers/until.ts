import { setTimeout as delay } from 'node:timers/promises';

const shortestPauseMs = 10;
const longestPauseMs = 100;

/**
 * Waits for a condition, never for a time: returns the first defined value that `look` gives.
 *
 * The pauses grow with the wait, since the looks of many tests take the time of what they wait for.
 */
export async function until<T>(
  look: () => Promise<T | undefined> | T | undefined,
  what: string,
  timeoutMs = 90_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  let pauseMs = shortestPauseMs;
  for (;;) {
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause: last });
    await delay(pauseMs);
    pauseMs = Math.min(pauseMs * 1.5, longestPauseMs);
  }
}

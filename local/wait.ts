import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks `check` again and again until it answers something other than undefined or false, at most for
 * `timeoutMs`; then the answer is undefined.
 */
export async function waitFor<T>(
  check: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs: number,
): Promise<T | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await check();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() >= deadline) return undefined;
    await delay(20);
  }
}

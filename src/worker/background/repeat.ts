export interface Repetition {
  /** Waits for the round that is under way. */
  stop(): Promise<void>;
}

/**
 * Begins a round every interval, the first one now unless `waitsFirst`. An interval begins when its round has ended.
 *
 * A round must not throw: that would end the process.
 */
export function repeat(
  doRound: () => Promise<void>,
  { intervalMs, waitsFirst = false }: { readonly intervalMs: number; readonly waitsFirst?: boolean },
): Repetition {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let round = Promise.resolve();
  const wait = () => {
    if (!isStopped) timer = setTimeout(next, intervalMs);
  };
  const next = () => {
    round = doRound().finally(wait);
  };
  if (waitsFirst) wait();
  else next();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}

/**
 * Limits the attempts at callbacks that are under way at once, so that receivers that hang leave room for the others.
 *
 * An attempt only waits for its socket, so there may be many. A worker process counts its own.
 */
import { performance } from 'node:perf_hooks';

/** With that many receivers dead as a worker has jobs at once, half of the attempts are still free. */
export const callbackConcurrency = (jobConcurrency: number): number => 2 * perReceiver * jobConcurrency;
const perReceiver = 5;
const shortestWaitMs = 500;

export interface ReceiverSlots {
  /** Takes a slot at the receiver of a URL, its host and port. Where all are taken, says when to come again. */
  take(url: string): Slot | { readonly retryInMs: number };
}

export interface Slot {
  release(): void;
}

export function receiverSlots(now: () => number = () => performance.now()): ReceiverSlots {
  /** When each attempt under way began, oldest first, by receiver. */
  const underWay = new Map<string, Set<{ readonly since: number }>>();
  return {
    take(url) {
      const { host } = new URL(url);
      const attempts = underWay.get(host) ?? new Set();
      if (attempts.size >= perReceiver) {
        const [oldest] = attempts;
        // A receiver that is slow now will be for as long again: callbacks that wait for a dead one do not ask all the time.
        const busyMs = now() - (oldest?.since ?? 0);
        return { retryInMs: Math.ceil(Math.max(shortestWaitMs, busyMs) * (0.5 + Math.random())) };
      }
      const attempt = { since: now() };
      underWay.set(host, attempts.add(attempt));
      return {
        release() {
          attempts.delete(attempt);
          if (attempts.size === 0) underWay.delete(host);
        },
      };
    },
  };
}

/**
 * New events for all open streams of this process: one query for all of them, however many there are.
 *
 * The hub asks the ledger now and then, and only while somebody listens; what a stream has not been given yet it is given
 * later, in order, a page at a time, so that a slow reader holds up nobody and nothing is kept in memory for it.
 */
import { listEvents, readProgress, type EventRow } from '../../ledger/events.ts';
import type { Pool } from '../../ledger/pool.ts';
import { isDone } from '../../provisioning.ts';

const intervalMs = 300;
const page = 100;

export interface Listener {
  readonly provisioningId: string;
  /** The last sequence that it was given. */
  position: number;
  /** False while it has not taken yet what it was given. */
  isReady(): boolean;
  give(events: readonly EventRow[]): void;
  /** Nothing more happens by itself, and everything was given; or the provisioning is gone. */
  end(): void;
}

export interface EventHub {
  /** How many listen. */
  readonly size: number;
  add(listener: Listener): void;
  remove(listener: Listener): void;
}

export function eventHub(pool: Pool, onError: (error: unknown) => void): EventHub {
  const listeners = new Set<Listener>();
  let timer: NodeJS.Timeout | undefined;

  const look = async () => {
    const ready = [...listeners].filter((listener) => listener.isReady());
    if (ready.length === 0) return;
    const progress = new Map(
      (await readProgress(pool, [...new Set(ready.map(({ provisioningId }) => provisioningId))])).map(
        (row) => [row.id, row],
      ),
    );
    const behind = ready.filter(
      ({ provisioningId, position }) => (progress.get(provisioningId)?.last_event ?? 0) > position,
    );
    const events = behind.length === 0 ? [] : await listEvents(pool, positionsOf(behind), page);
    const bySequence = new Map(events.map((event) => [`${event.provisioning_id} ${event.sequence}`, event]));
    for (const listener of ready) {
      const { provisioningId } = listener;
      const news: EventRow[] = [];
      for (let next = listener.position + 1; ; next += 1) {
        const event = bySequence.get(`${provisioningId} ${next}`);
        if (event === undefined) break;
        news.push(event);
      }
      const last = news.at(-1);
      if (last !== undefined) {
        listener.position = last.sequence;
        listener.give(news);
      }
      const state = progress.get(provisioningId);
      const hasAll = state === undefined || listener.position >= state.last_event;
      if (hasAll && (state === undefined || isDone(state.status, state.rollback_status))) listener.end();
    }
  };

  const run = async () => {
    await look().catch(onError);
    timer = listeners.size === 0 ? undefined : setTimeout(() => void run(), intervalMs);
  };

  return {
    get size() {
      return listeners.size;
    },
    add(listener) {
      listeners.add(listener);
      timer ??= setTimeout(() => void run(), 0);
    },
    remove(listener) {
      listeners.delete(listener);
    },
  };
}

/** Each once, however many listeners are there: one that is far behind takes nothing from the others. */
function positionsOf(listeners: readonly Listener[]): { provisioningId: string; sequence: number }[] {
  const positions = new Map(
    listeners.map(({ provisioningId, position }) => [
      `${provisioningId} ${position}`,
      { provisioningId, sequence: position },
    ]),
  );
  return [...positions.values()];
}

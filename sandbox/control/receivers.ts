import { setTimeout as delay } from 'node:timers/promises';

/** A request that a receiver got. */
export interface ReceivedCallback {
  name: string;
  at: string;
  method: string;
  headers: Record<string, string>;
  /** The exact text: signatures are about every byte. */
  body: string;
  /** What was answered. */
  status: number;
}

/** How a receiver answers. */
export interface ReceiverBehaviour {
  /** Default 200. */
  status?: number | undefined;
  /** One per delivery, the last one repeats; wins over `status`. */
  statuses?: number[] | undefined;
  delayMs?: number | undefined;
  /** Sent as `location`, for statuses that redirect. */
  location?: string | undefined;
}

const limit = 10_000;

/** Receivers of callbacks, by name. A receiver exists as soon as somebody sends to it. */
export interface Receivers {
  set(name: string, behaviour: ReceiverBehaviour): void;
  /** Records a delivery and says how to answer it. */
  receive(delivery: Omit<ReceivedCallback, 'status' | 'at'>): Promise<{ status: number; location?: string }>;
  received(name?: string): ReceivedCallback[];
  clear(): void;
}

/** No deliveries yet. */
export function createReceivers(): Receivers {
  let received: ReceivedCallback[] = [];
  const behaviours = new Map<string, ReceiverBehaviour>();
  const counts = new Map<string, number>();
  return {
    set(name, behaviour) {
      behaviours.set(name, behaviour);
      counts.set(name, 0);
    },
    async receive(delivery) {
      const { status = 200, statuses = [], delayMs = 0, location } = behaviours.get(delivery.name) ?? {};
      const count = counts.get(delivery.name) ?? 0;
      counts.set(delivery.name, count + 1);
      const answered = statuses[Math.min(count, statuses.length - 1)] ?? status;
      received.push({ ...delivery, at: new Date().toISOString(), status: answered });
      if (received.length > limit) received = received.slice(-limit);
      if (delayMs > 0) await delay(delayMs);
      return location === undefined ? { status: answered } : { status: answered, location };
    },
    received: (name) => received.filter((callback) => name === undefined || callback.name === name),
    clear() {
      received = [];
      behaviours.clear();
      counts.clear();
    },
  };
}

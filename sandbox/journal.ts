import type { Effect, ProviderName } from './exchange.ts';

/** One request to a provider, as it went. */
export interface JournalEntry {
  /** Counts all requests from 1, in the order in which they had their effect. */
  sequence: number;
  /** When the request came in. */
  receivedAt: string;
  /** When it was acted on. */
  at: string;
  provider: ProviderName;
  operation: string;
  method: string;
  /** With the query. */
  path: string;
  requestBody: unknown;
  /** What was answered; undefined when nothing was. */
  status: number | undefined;
  outcome: 'answered' | 'dropped' | 'hung';
  /** The mode of the fault that the request met. */
  fault?: string;
  effect: 'none' | Effect['kind'];
  objectKind?: Effect['objectKind'];
  objectId?: string;
}

const limit = 100_000;

/** The requests of a sandbox, the last 100 000 of them. */
export interface Journal {
  add(entry: Omit<JournalEntry, 'sequence' | 'at'>): JournalEntry;
  /** Entries after a sequence number, oldest first. */
  entries(after?: number): JournalEntry[];
  clear(): void;
}

/** An empty journal. */
export function createJournal(): Journal {
  let entries: JournalEntry[] = [];
  let sequence = 0;
  return {
    add(entry) {
      sequence += 1;
      const added = { ...entry, sequence, at: new Date().toISOString() };
      entries.push(added);
      if (entries.length > limit * 1.1) entries = entries.slice(-limit);
      return added;
    },
    entries: (after = 0) => entries.slice(-limit).filter((entry) => entry.sequence > after),
    clear() {
      entries = [];
      sequence = 0;
    },
  };
}

/**
 * Looks keys up in the ledger, each at most once in two seconds: for so long a key may still open what it opened
 * before it was revoked, and no longer.
 */
import { findUsableApiKey, noteApiKeyUse, type UsableKeyRow } from '../../ledger/api-keys.ts';
import type { Pool } from '../../ledger/pool.ts';
import { databaseAway } from '../problem.ts';

const rememberedMs = 2000;

export interface KeyLookup {
  /** Undefined: there is no such key, or it is revoked or expired. Throws 503 while the database is away. */
  find(id: string): Promise<UsableKeyRow | undefined>;
  /** Writes down, at most once a minute, that it was used. */
  noteUse(id: string, found: UsableKeyRow): Promise<void>;
}

interface Entry {
  until: number;
  readonly found: Promise<UsableKeyRow | undefined>;
}

export function createKeyLookup(pool: Pool): KeyLookup {
  // Only keys that exist stay in it, so it grows no larger than their table.
  const remembered = new Map<string, Entry>();
  const noted = new WeakSet<UsableKeyRow>();

  async function look(id: string): Promise<UsableKeyRow | undefined> {
    const askedAt = performance.now();
    const entry: Entry = { until: askedAt + rememberedMs, found: findUsableApiKey(pool, id) };
    remembered.set(id, entry);
    const forget = () => {
      if (remembered.get(id) === entry) remembered.delete(id);
    };
    try {
      const found = await entry.found;
      if (found === undefined) forget();
      else entry.until = askedAt + Math.min(rememberedMs, found.expires_in_ms ?? Infinity);
      return found;
    } catch (error) {
      forget();
      throw error;
    }
  }

  return {
    async find(id) {
      const entry = remembered.get(id);
      const found = entry !== undefined && performance.now() < entry.until ? entry.found : look(id);
      return found.catch((error: unknown) => {
        throw databaseAway(error);
      });
    },
    async noteUse(id, found) {
      if (!found.is_use_due || noted.has(found)) return;
      noted.add(found);
      await noteApiKeyUse(pool, id).catch((error: unknown) => {
        throw databaseAway(error);
      });
    },
  };
}

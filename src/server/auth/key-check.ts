/** Finds out whose key this is: the admin key of the environment, or one of the ledger. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { fitsVerifier, readKeyToken } from '../../ledger/key-token.ts';
import type { Role } from '../../ledger/roles.ts';
import type { Caller } from './caller.ts';
import type { KeyLookup } from './key-lookup.ts';

export interface KeyCheck {
  /** Undefined: nobody's. Throws 503 where only the database could tell, and is away. */
  callerOf(key: string): Promise<Caller | undefined>;
  /** The role of the key that a caller is named by. Undefined: it is no key, or not valid any more. */
  roleOf(by: string): Promise<Role | undefined>;
}

const adminCaller: Caller = { by: 'admin-key', role: 'admin', stillCounts: async () => true };

export function createKeyCheck(adminApiKey: string, lookup: KeyLookup): KeyCheck {
  const isAdminKey = keyMatcher(adminApiKey);
  /** Compared where there is no key of that id, so that this takes no other way than a wrong secret. */
  const nobodys = randomBytes(32);
  const isThere = async (id: string) => (await lookup.find(id)) !== undefined;
  return {
    async callerOf(key) {
      if (isAdminKey(key)) return adminCaller;
      const token = readKeyToken(key);
      if (token === undefined) return undefined;
      const found = await lookup.find(token.id);
      const fits = fitsVerifier(token, found?.verifier ?? nobodys);
      if (found === undefined || !fits) return undefined;
      await lookup.noteUse(token.id, found);
      return { by: `key:${token.id}`, role: found.role, stillCounts: () => isThere(token.id) };
    },
    async roleOf(by) {
      if (by === adminCaller.by) return adminCaller.role;
      const [, id] = /^key:(.+)$/.exec(by) ?? [];
      return id === undefined ? undefined : (await lookup.find(id))?.role;
    },
  };
}

/** Compares in constant time, whatever the lengths. */
function keyMatcher(adminApiKey: string): (candidate: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(adminApiKey);
  return (candidate) => timingSafeEqual(digest(candidate), wanted);
}

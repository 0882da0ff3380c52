/**
 * Sessions of browsers. The cookie holds a random token, and the ledger what is kept of it: a sign-out ends a session at
 * once, wherever a copy of the cookie is.
 *
 * A session ends with the key that began it, and no later than the token that did. All of them end with the admin key.
 */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { CookieOptions, Request, Response } from 'express';
import {
  deleteSession,
  findSession,
  insertSession,
  noteSessionSeen,
  type SessionRow,
} from '../../ledger/browser-sessions.ts';
import type { Deps } from '../deps.ts';
import { databaseAway } from '../problem.ts';
import type { Access } from './authenticate.ts';
import { addressOf } from './address.ts';
import { actorOf, type Caller } from './caller.ts';

const lastsMs = 12 * 3_600_000;

export interface Sessions {
  /** Begins one for a caller who has shown a key or a token with this request. */
  begin(request: Request, response: Response, caller: Caller): Promise<void>;
  /** Ends the one of this request, for every copy of its cookie. */
  end(request: Request, response: Response): Promise<void>;
  /** Finds out whose session a request has. Undefined: it has none that counts. Throws 503 while the database is away. */
  callerOf(request: IncomingMessage): Promise<Caller | undefined>;
}

export function createSessions(deps: Pick<Deps, 'config' | 'pool' | 'publicUrl'>, access: Access): Sessions {
  const { pool } = deps;
  const key = Buffer.from(
    hkdfSync('sha256', deps.config.ADMIN_API_KEY, '', 'client-provisioner session', 32),
  );
  const hashOf = (token: string) => createHmac('sha256', key).update(token).digest();
  const cookie = () => cookieFor(deps.publicUrl());
  const hashIn = (request: IncomingMessage) => {
    const token = readCookie(request.headers.cookie, cookie().name);
    return token === undefined ? undefined : hashOf(token);
  };

  async function find(tokenHash: Buffer): Promise<(SessionRow & Pick<Caller, 'role'>) | undefined> {
    const session = await findSession(pool, tokenHash).catch((error: unknown) => {
      throw databaseAway(error);
    });
    if (session === undefined) return undefined;
    const role = session.role ?? (await access.roleOfKey(session.by));
    return role === undefined ? undefined : { ...session, role };
  }

  return {
    async begin(request, response, caller) {
      const token = randomBytes(32).toString('base64url');
      const { expiresAtMs } = caller;
      // A key keeps its role, which is looked up; a token's is what it says now.
      const role = expiresAtMs === undefined ? undefined : caller.role;
      const endsAtMs = Math.min(expiresAtMs ?? Infinity, Date.now() + lastsMs);
      await insertSession(
        pool,
        { tokenHash: hashOf(token), role, lastsMs, endsAt: new Date(endsAtMs) },
        actorOf(caller, request),
      );
      const { name, options } = cookie();
      response.cookie(name, token, { ...options, expires: new Date(endsAtMs) });
    },
    async end(request, response) {
      const tokenHash = hashIn(request);
      if (tokenHash !== undefined) await deleteSession(pool, tokenHash, addressOf(request));
      const { name, options } = cookie();
      response.clearCookie(name, options);
    },
    async callerOf(request) {
      const tokenHash = hashIn(request);
      if (tokenHash === undefined) return undefined;
      const session = await find(tokenHash);
      if (session === undefined) return undefined;
      if (session.is_seen_due) await noteSessionSeen(pool, tokenHash);
      return {
        by: session.by,
        role: session.role,
        stillCounts: async () => (await find(tokenHash)) !== undefined,
      };
    },
  };
}

/** True where a request carries a session, whether it counts or not. */
export function hasSession(cookies: string | undefined): boolean {
  return cookies?.includes('client-provisioner-session=') ?? false;
}

/** With the prefix no other host of the domain can set it, which browsers only grant on https and for every path. */
function cookieFor(publicUrl: string): { name: string; options: CookieOptions } {
  const secure = publicUrl.startsWith('https:');
  return {
    name: `${secure ? '__Host-' : ''}client-provisioner-session`,
    options: { httpOnly: true, sameSite: 'strict', secure, path: '/' },
  };
}

/** Undefined: there is none that could be a token of ours. */
function readCookie(header: string | undefined, name: string): string | undefined {
  const prefix = `${name}=`;
  const value = (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(prefix))
    ?.slice(prefix.length);
  return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined;
}

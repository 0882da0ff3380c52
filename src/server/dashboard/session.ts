/**
 * A cookie that says with which key somebody has signed in.
 *
 * A session ends with that key: the admin key signs it, by way of a key derived from it, and a key of the ledger is looked up
 * at each request.
 */
import { hkdfSync } from 'node:crypto';
import type { CookieOptions, Request, Response } from 'express';
import { jwtVerify, SignJWT } from 'jose';
import type { Caller } from '../auth/caller.ts';
import type { Deps } from '../deps.ts';

const sessionSeconds = 12 * 3600;

export interface DashboardSessions {
  begin(response: Response, caller: Caller): Promise<void>;
  end(response: Response): void;
  /** The owner of the session: `admin-key` or `key:<id>`. Undefined: there is none. */
  holderOf(request: Request): Promise<string | undefined>;
}

export function createDashboardSessions(deps: Deps): DashboardSessions {
  const key = new Uint8Array(
    hkdfSync('sha256', deps.config.ADMIN_API_KEY, '', 'client-provisioner dashboard session', 32),
  );
  const cookie = () => cookieFor(deps.publicUrl());
  return {
    async begin(response, { by }) {
      const token = await new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(by)
        .setExpirationTime(`${sessionSeconds}s`)
        .sign(key);
      const { name, options } = cookie();
      response.cookie(name, token, { ...options, maxAge: sessionSeconds * 1000 });
    },
    end(response) {
      const { name, options } = cookie();
      response.clearCookie(name, options);
    },
    async holderOf(request) {
      const token = readCookie(request.headers.cookie, cookie().name);
      if (token === undefined) return undefined;
      return jwtVerify(token, key, { algorithms: ['HS256'], requiredClaims: ['sub', 'exp'] }).then(
        ({ payload }) => payload.sub,
        () => undefined,
      );
    },
  };
}

/** With the prefix no other host of the domain can set it, which browsers only grant on https and for every path. */
function cookieFor(publicUrl: string): { name: string; options: CookieOptions } {
  const secure = publicUrl.startsWith('https:');
  return {
    name: `${secure ? '__Host-' : ''}client-provisioner-dashboard`,
    options: { httpOnly: true, sameSite: 'strict', secure, path: secure ? '/' : '/admin' },
  };
}

function readCookie(header: string | undefined, name: string): string | undefined {
  const prefix = `${name}=`;
  return (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(prefix))
    ?.slice(prefix.length);
}

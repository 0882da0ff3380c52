/** The sender of a request. */
import type { IncomingMessage } from 'node:http';
import type { Actor } from '../../ledger/audit.ts';
import { rolesThatMay, type Permission, type Role } from '../../ledger/roles.ts';
import { Problem } from '../problem.ts';
import { addressOf } from './address.ts';

export interface Caller {
  /** As histories name it: `admin-key`, `key:<id>` or `jwt:<subject>`. */
  readonly by: string;
  /** Undefined: known, and allowed nothing. */
  readonly role: Role | undefined;
  /** When a token expires, in milliseconds since 1970. Undefined: a key, which is looked up each time. */
  readonly expiresAtMs?: number;
  /** True while the caller's key, token or session counts. Throws 503 where only the database could tell, and is away. */
  stillCounts(): Promise<boolean>;
}

/** A caller as the audit names it. */
export function actorOf(caller: Caller, request: IncomingMessage, reason?: string): Actor {
  const actor = { by: caller.by, address: addressOf(request) };
  return reason === undefined ? actor : { ...actor, reason };
}

/** The 403 of a caller without a permission: it names the roles that have it. */
export function forbidden({ role }: Caller, permission: Permission): Problem {
  const needed = rolesThatMay(permission);
  const text = needed.length === 1 ? `the role ${needed[0]}` : `one of the roles ${needed.join(', ')}`;
  const held = role === undefined ? 'these credentials have none' : `these credentials have ${role}`;
  return new Problem(403, 'forbidden', `This needs ${text}, and ${held}.`);
}

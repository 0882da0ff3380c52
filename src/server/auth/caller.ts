/** Callers, and what each may do. */
import { roles, type Role } from '../../ledger/roles.ts';

export type { Role } from '../../ledger/roles.ts';

export interface Caller {
  /** As histories name it: `admin-key`, `key:<id>` or `jwt:<subject>`. */
  readonly by: string;
  /** Undefined: known, and allowed nothing. */
  readonly role: Role | undefined;
  /** True while the caller's key or token counts. Throws 503 where only the database could tell, and is away. */
  stillCounts(): Promise<boolean>;
}

/** True where a caller has at least that role. */
export function hasRole(caller: Caller, least: Role): boolean {
  return caller.role !== undefined && roles.indexOf(caller.role) >= roles.indexOf(least);
}

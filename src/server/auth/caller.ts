/** Who calls, and what a caller may do. */
import { roles, type Role } from '../../ledger/roles.ts';

export type { Role } from '../../ledger/roles.ts';

export interface Caller {
  /** As histories name it: `admin-key`, `key:<id>` or `jwt:<subject>`. */
  readonly by: string;
  /** Undefined: known, and allowed nothing. */
  readonly role: Role | undefined;
  /** Whether what the caller came with counts now. Throws 503 where only the database could tell, and is away. */
  stillCounts(): Promise<boolean>;
}

/** Whether a caller has at least that role. */
export function hasRole(caller: Caller, least: Role): boolean {
  return caller.role !== undefined && roles.indexOf(caller.role) >= roles.indexOf(least);
}

/** Who calls, and what a caller may do. */

/** From the least to the most. Each may do what those before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

export interface Caller {
  /** As histories name it: `admin-key`, `key:<id>` or `jwt:<subject>`. */
  readonly by: string;
  /** Undefined: known, and allowed nothing. */
  readonly role: Role | undefined;
}

/** Whether a caller has at least that role. */
export function hasRole(caller: Caller, least: Role): boolean {
  return caller.role !== undefined && roles.indexOf(caller.role) >= roles.indexOf(least);
}

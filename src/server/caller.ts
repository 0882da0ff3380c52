/** Who sent a request. */
import type { Role } from '../roles.ts';

export interface Caller {
  /** `admin-key`, `key:<id>` or `jwt:<sub>`, as it stands in the records of what was done. */
  readonly by: string;
  readonly role: Role;
}

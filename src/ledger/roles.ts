/** The roles of callers, and what each may do: a matrix, not a ladder. */
export const roles = ['viewer', 'provisioner', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/**
 * `read`: see clients and what becomes of them · `read-audit`: see who has done what · `preflight`: ask the providers,
 * and plan · `create`: provision a client · `operate`: cancel, resume, roll back, send callbacks again, look for orphans
 * · `administer`: offboard, forget, and make and revoke keys.
 */
export const permissions = ['read', 'read-audit', 'preflight', 'create', 'operate', 'administer'] as const;
export type Permission = (typeof permissions)[number];

const matrix: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['read'],
  provisioner: ['read', 'preflight', 'create'],
  operator: ['read', 'read-audit', 'preflight', 'operate'],
  admin: permissions,
};

/** True where a role has a permission. A caller without a role may do nothing. */
export function may(role: Role | undefined, permission: Permission): boolean {
  return role !== undefined && matrix[role].includes(permission);
}

/** The roles that have a permission. */
export function rolesThatMay(permission: Permission): readonly Role[] {
  return roles.filter((role) => may(role, permission));
}

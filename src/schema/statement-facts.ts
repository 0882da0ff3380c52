/** Reads single facts out of PostgreSQL's syntax tree. Pure. */
import type { GrantStmt, Node, RangeVar } from 'libpg-query';

/** A name without a schema. Empty: it has one, or is none. */
export function nameOf(node: Node | undefined): string {
  return node !== undefined && 'String' in node ? (node.String.sval ?? '') : '';
}

/** The table that an ALTER TABLE or a policy is about. */
export function tableOf(node: Node): RangeVar | undefined {
  if ('AlterTableStmt' in node) return node.AlterTableStmt.relation;
  return 'CreatePolicyStmt' in node ? node.CreatePolicyStmt.table : undefined;
}

/** Undefined: the statement changes no owner, or more than that. */
export function newOwner(node: Node): string | undefined {
  if ('AlterOwnerStmt' in node) return node.AlterOwnerStmt.newowner?.rolename;
  if (!('AlterTableStmt' in node)) return undefined;
  const [command, ...others] = node.AlterTableStmt.cmds ?? [];
  if (command === undefined || !('AlterTableCmd' in command) || others.length > 0) return undefined;
  const { subtype, newowner } = command.AlterTableCmd;
  return subtype === 'AT_ChangeOwner' ? newowner?.rolename : undefined;
}

/** The roles that an ALTER ROLE or ALTER DEFAULT PRIVILEGES is about. */
export function namedRoles(node: Node): string[] {
  if ('AlterRoleStmt' in node) return [node.AlterRoleStmt.role?.rolename ?? ''];
  if ('AlterRoleSetStmt' in node) return [node.AlterRoleSetStmt.role?.rolename ?? ''];
  if (!('AlterDefaultPrivilegesStmt' in node)) return [];
  return (node.AlterDefaultPrivilegesStmt.options ?? []).flatMap((option) => {
    if (!('DefElem' in option) || option.DefElem.defname !== 'roles') return [];
    const { arg } = option.DefElem;
    const roles = arg !== undefined && 'List' in arg ? (arg.List.items ?? []) : [];
    return roles.map((role) => ('RoleSpec' in role ? (role.RoleSpec.rolename ?? '') : ''));
  });
}

/** One per object: the schema itself, or the one that the object's name has; empty where it has none. */
export function grantedSchemas({ objtype, targtype, objects = [] }: GrantStmt): string[] {
  const areSchemas = objtype === 'OBJECT_SCHEMA' || targtype === 'ACL_TARGET_ALL_IN_SCHEMA';
  return objects.map((object) => (areSchemas ? nameOf(object) : schemaOf(object)));
}

function schemaOf(object: Node): string {
  if ('RangeVar' in object) return object.RangeVar.schemaname ?? '';
  const parts =
    'ObjectWithArgs' in object
      ? object.ObjectWithArgs.objname
      : 'List' in object
        ? object.List.items
        : undefined;
  return parts !== undefined && parts.length > 1 ? nameOf(parts[0]) : '';
}

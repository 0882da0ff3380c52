/**
 * Finds what dumps write about the platform's own objects, and a hosted project refuses though nothing is lost by it. Pure.
 *
 * The Supabase CLI comments out the same when it writes a dump, or adds IF NOT EXISTS:
 * https://github.com/supabase/cli/blob/develop/apps/cli-go/pkg/migration/scripts/dump_schema.sh and dump_role.sh
 */
import type { Node } from 'libpg-query';
import {
  isPlatformEventTrigger,
  isPlatformPublication,
  isPlatformRole,
  isPlatformSchema,
} from './platform-objects.ts';
import { grantedSchemas, namedRoles, nameOf, newOwner, tableOf } from './statement-facts.ts';

export type Tolerance =
  /** Any refusal is an error. */
  | { readonly kind: 'apply' }
  /** `CREATE SCHEMA`: not sent when the schema is there. */
  | { readonly kind: 'skip-if-there'; readonly schema: string; readonly reason: string }
  /** A refusal with one of these SQLSTATEs undoes this statement alone, and is told as a warning. */
  | { readonly kind: 'may-fail'; readonly sqlStates: readonly string[]; readonly reason: string };

/** insufficient_privilege */
const notAllowed = '42501';
/** duplicate_object: a role, a publication, an event trigger, a policy. */
const isThere = '42710';
/** undefined_object, undefined_function, undefined_table, invalid_schema_name */
const isMissing = ['42704', '42883', '42P01', '3F000'];

const apply: Tolerance = { kind: 'apply' };

/** Judges by what the statement is about, never by its text. */
export function toleranceOf(node: Node): Tolerance {
  return ownership(node) ?? privileges(node) ?? existing(node) ?? remarks(node) ?? apply;
}

function mayFail(reason: string, ...sqlStates: readonly string[]): Tolerance {
  return { kind: 'may-fail', sqlStates, reason };
}

/** `OWNER TO` a role of the platform. What it does not apply to stays with `postgres`. */
function ownership(node: Node): Tolerance | undefined {
  const owner = newOwner(node);
  if (owner === undefined || !isPlatformRole(owner)) return undefined;
  const reason = `a project's postgres may not give things to ${owner}, and keeps them`;
  return mayFail(reason, notAllowed, ...(isAboutPlatform(node) ? isMissing : []));
}

/** The owner of the platform's own schemas, event triggers, publications and wrappers. */
function isAboutPlatform(node: Node): boolean {
  if (!('AlterOwnerStmt' in node)) return false;
  const { objectType, object } = node.AlterOwnerStmt;
  const name = nameOf(object);
  if (objectType === 'OBJECT_SCHEMA') return isPlatformSchema(name);
  if (objectType === 'OBJECT_EVENT_TRIGGER') return isPlatformEventTrigger(name);
  return objectType === 'OBJECT_PUBLICATION' && isPlatformPublication(name);
}

function privileges(node: Node): Tolerance | undefined {
  if ('AlterDefaultPrivilegesStmt' in node) {
    const others = namedRoles(node).filter((role) => role !== 'postgres' && isPlatformRole(role));
    return others.length === 0
      ? undefined
      : mayFail(`the defaults of ${others.join(', ')} are the platform's`, notAllowed);
  }
  if (!('GrantStmt' in node)) return undefined;
  if (node.GrantStmt.objtype === 'OBJECT_FDW')
    return mayFail('foreign data wrappers are the platform’s', notAllowed, ...isMissing);
  const schemas = grantedSchemas(node.GrantStmt);
  // `public` belongs to postgres: what is granted there is the template's own.
  return schemas.length > 0 && schemas.every((name) => name !== 'public' && isPlatformSchema(name))
    ? mayFail(
        `privileges in ${[...new Set(schemas)].join(', ')} are the platform's`,
        notAllowed,
        ...isMissing,
      )
    : undefined;
}

/** The objects that every project has from the beginning. */
function existing(node: Node): Tolerance | undefined {
  if ('CreateSchemaStmt' in node) {
    const { schemaname = '', schemaElts = [] } = node.CreateSchemaStmt;
    return isPlatformSchema(schemaname) && schemaElts.length === 0
      ? { kind: 'skip-if-there', schema: schemaname, reason: 'every project has this schema' }
      : undefined;
  }
  if ('CreateRoleStmt' in node && isPlatformRole(node.CreateRoleStmt.role ?? ''))
    return mayFail('every project has this role', notAllowed, isThere);
  if (('AlterRoleStmt' in node || 'AlterRoleSetStmt' in node) && namedRoles(node).every(isPlatformRole))
    return mayFail("this role is the platform's", notAllowed, '42704');
  if ('CreateEventTrigStmt' in node && isPlatformEventTrigger(node.CreateEventTrigStmt.trigname ?? ''))
    return mayFail("this event trigger is the platform's", notAllowed, isThere, ...isMissing);
  if ('CreatePublicationStmt' in node) {
    const { pubname = '', pubobjects = [], for_all_tables: all = false } = node.CreatePublicationStmt;
    // With tables in it, their realtime messages would be lost without a word.
    return isPlatformPublication(pubname) && pubobjects.length === 0 && !all
      ? mayFail('every project has this publication', notAllowed, isThere)
      : undefined;
  }
  if ('CreatePolicyStmt' in node && node.CreatePolicyStmt.policy_name?.startsWith('cron_job_'))
    return mayFail('pg_cron brings this policy', notAllowed, isThere, ...isMissing);
  return tableOf(node)?.schemaname === 'cron'
    ? mayFail('the tables of pg_cron are its own', notAllowed, ...isMissing)
    : undefined;
}

/** Settings of one PostgreSQL version, and comments on what belongs to the platform. */
function remarks(node: Node): Tolerance | undefined {
  if ('VariableSetStmt' in node && node.VariableSetStmt.name === 'transaction_timeout')
    return mayFail('PostgreSQL before 17 does not know this setting', '42704');
  if (!('CommentStmt' in node)) return undefined;
  const { objtype, object } = node.CommentStmt;
  const isForeign =
    objtype === 'OBJECT_EXTENSION' ||
    objtype === 'OBJECT_DATABASE' ||
    (objtype === 'OBJECT_EVENT_TRIGGER' && isPlatformEventTrigger(nameOf(object))) ||
    (objtype === 'OBJECT_SCHEMA' && isPlatformSchema(nameOf(object)));
  return isForeign ? mayFail('a comment changes nothing', notAllowed, ...isMissing) : undefined;
}

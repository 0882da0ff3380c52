/**
 * Names of what a hosted Supabase project has from the beginning, or gets with the platform's extensions. Pure.
 *
 * The schemas are those that the Supabase CLI keeps out of dumps: InternalSchemas in
 * https://github.com/supabase/cli/blob/develop/apps/cli-go/pkg/migration/dump.go
 */

const schemas = new Set(
  [
    'public auth storage realtime extensions graphql graphql_public vault pgbouncer net cron pgmq pgsodium',
    'pgsodium_masks pgtle supabase_functions supabase_migrations etl dbdev repack topology tiger tiger_data',
    '_analytics _realtime _supavisor',
  ].flatMap((line) => line.split(' ')),
);

export function isPlatformSchema(name: string): boolean {
  return schemas.has(name);
}

const roles = new Set([
  'postgres',
  'anon',
  'authenticated',
  'service_role',
  'authenticator',
  'dashboard_user',
]);

/** PostgreSQL's predefined roles are nobody's to alter either. */
export function isPlatformRole(name: string): boolean {
  return roles.has(name) || /^(?:supabase|pg|pgsodium)_|^pgbouncer$/.test(name);
}

const eventTriggers = new Set([
  'issue_graphql_placeholder',
  'issue_pg_cron_access',
  'issue_pg_graphql_access',
  'issue_pg_net_access',
  'pgrst_ddl_watch',
  'pgrst_drop_watch',
]);

export function isPlatformEventTrigger(name: string): boolean {
  return eventTriggers.has(name);
}

export function isPlatformPublication(name: string): boolean {
  return name.startsWith('supabase_realtime');
}

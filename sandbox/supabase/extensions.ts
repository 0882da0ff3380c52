import { fileURLToPath } from 'node:url';

/**
 * The extensions that a hosted project may create and a server from npm may not: stand-ins for those that are not on
 * npm, and what its own package leaves to superusers. For `startLocalPostgres`.
 */
export const sandboxExtensions = {
  folder: fileURLToPath(new URL('./extensions', import.meta.url)),
  // Of supautils.privileged_extensions, those of PostgreSQL's own that it does not call trusted.
  trusted: [
    'autoinc',
    'bloom',
    'dblink',
    'dict_xsyn',
    'earthdistance',
    'insert_username',
    'moddatetime',
    'pg_buffercache',
    'pg_prewarm',
    'pg_stat_statements',
    'pg_walinspect',
    'pgrowlocks',
    'pgstattuple',
    'postgres_fdw',
    'refint',
    'sslinfo',
  ],
};

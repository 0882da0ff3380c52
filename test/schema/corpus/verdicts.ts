/** The templates of the corpus, and what each must come to. docs/fidelity.md shows the same as a table. */

export interface Refusal {
  /** `unreadable`: a mistake in the configuration, found at the start of every process. */
  readonly code: 'schema-invalid' | 'verification-failed' | 'unreadable';
  /** The place that the error must name. */
  readonly at?: { readonly file: string; readonly line: number };
  /** Words that the error must hold. */
  readonly says: readonly string[];
}

export interface Verdict {
  /** Where it is, as SCHEMA_PATH names it, from the corpus on. */
  readonly path: string;
  /** The kind of template on which it is modelled. */
  readonly kind: string;
  /** Undefined: it is applied. */
  readonly refusal?: Refusal;
  /** Over HTTPS only. */
  readonly refusalOverHttp?: Refusal;
  /** Codes, in the order in which they are told. */
  readonly warnings: readonly string[];
  /** Files of it that must be applied, in this order. */
  readonly files: readonly string[];
}

interface More {
  readonly files?: readonly string[];
  readonly warnings?: readonly string[];
  readonly refusalOverHttp?: Refusal;
}

function applied(path: string, kind: string, more: More = {}): Verdict {
  return { path, kind, warnings: [], files: ['schema.sql'], ...more };
}

/** `place` is `file:line`; `says`: words that the error must hold. */
function refused(
  path: string,
  kind: string,
  [code, place, ...says]: [Refusal['code'], string, ...string[]],
): Verdict {
  return { path, kind, refusal: refusal(code, place, ...says), warnings: [], files: [] };
}

function refusal(code: Refusal['code'], place: string, ...says: string[]): Refusal {
  const [file = '', line] = place.split(':');
  return { code, says, ...(line === undefined ? {} : { at: { file, line: Number(line) } }) };
}

export const verdicts: readonly Verdict[] = [
  // Dumps
  applied('pg-dump-with-data', 'pg_dump of one schema with its rows, \\restrict, OWNER TO postgres', {
    refusalOverHttp: refusal('schema-invalid', 'schema.sql:55', 'COPY'),
  }),
  applied('pg-dump-all-schemas', 'pg_dump of all schemas, without the platform’s tables', {
    files: ['dump.sql'],
    warnings: ['statements-refused'],
  }),
  refused('pg-dump-platform-tables', 'pg_dump of all schemas, with the platform’s tables', [
    'schema-invalid',
    'dump.sql:8',
    'permission denied for schema auth',
  ]),
  applied('supabase-db-dump', 'supabase db dump'),

  // Folders
  applied('cli-migrations/supabase', 'folder of the Supabase CLI: timestamped migrations, seed.sql', {
    files: [
      'migrations/20250114093000_gardens.sql',
      'migrations/20250203171500_plants.sql',
      'migrations/20250310080000_species.sql',
      'seed.sql',
    ],
  }),
  applied('declarative-schemas/supabase', 'folder of the Supabase CLI: declarative schemas', {
    files: ['schemas/books.sql', 'schemas/loans.sql'],
  }),
  refused('prisma/migrations', 'Prisma’s migrations, which know no row-level security', [
    'verification-failed',
    '',
    'public."User"',
    'public."Post"',
    'enable row level security',
  ]),
  applied('drizzle', 'Drizzle’s migrations with policies, without grants', {
    files: ['0000_quiet_harbor.sql'],
    warnings: ['tables-without-grants'],
  }),
  applied('golang-migrate', 'golang-migrate, up and down', {
    files: ['000001_create_ships.up.sql', '000002_add_flag.up.sql'],
  }),

  // What projects are made of
  applied('multi-tenant', 'tenants, with helper functions in a private schema', {
    files: ['001_tenants.sql', '002_helpers.sql', '003_policies.sql'],
  }),
  applied('storage-policies', 'buckets, and policies on storage.objects'),
  refused('storage-altered', 'row-level security switched on for storage.objects', [
    'schema-invalid',
    '020_storage.sql:4',
    'must be owner of table objects',
  ]),
  applied('auth-triggers', 'a trigger on auth.users that makes profiles'),
  applied('pgvector-search', 'pgvector: hnsw and ivfflat indexes, a search function', {
    files: ['20250601000000_search.sql'],
  }),
  applied('postgis-places', 'PostGIS in public: geometry, geography, GiST indexes, a search by distance'),
  applied('cron-jobs', 'pg_cron jobs'),
  applied('webhooks-pg-net', 'a trigger that calls a webhook with pg_net and a secret of the vault'),
  applied('stripe-sync', 'Stripe’s objects in a schema of their own', {
    files: ['0001_stripe.sql', '0002_entitlements.sql'],
  }),
  applied('realtime-chat', 'the realtime publication, and policies on realtime.messages'),
  applied('own-schema', 'tables in a schema that no API exposes'),
  refused('extension-of-older-projects', 'an extension that PostgreSQL 17 has no more at Supabase', [
    'schema-invalid',
    'schema.sql:2',
    'pgjwt',
  ]),

  // Text
  applied('windows-crlf', 'line breaks of Windows', { files: ['01_tables.SQL', '02_functions.SQL'] }),
  refused('windows-crlf-flawed', 'line breaks of Windows, and an error', [
    'schema-invalid',
    '02_data.sql:5',
    'weight',
  ]),
  applied('utf8-bom', 'UTF-8 with a byte order mark'),
  refused('windows-1252', 'Windows-1252', ['unreadable', 'schema.sql:5', 'Windows-1252']),
  refused('utf-16', 'UTF-16', ['unreadable', 'schema.sql:1', 'UTF-16']),

  // What can't be one transaction
  refused('transaction-of-its-own', 'begin; … commit; in a file', [
    'schema-invalid',
    '020_more.sql:2',
    'BEGIN',
    'line 11',
    'COMMIT',
  ]),
  refused('concurrent-index', 'CREATE INDEX CONCURRENTLY', [
    'schema-invalid',
    'schema.sql:5',
    'CONCURRENTLY',
  ]),
  refused('psql-include', 'psql’s \\i and \\set', ['schema-invalid', 'schema.sql:2', '\\set', '\\i']),
  applied('settings-between-files', 'role, search_path and more, left behind by one file', {
    files: ['010_leaves_settings.sql', '020_expects_none.sql', '030_resets.sql'],
  }),

  // What passes, or does not
  applied('no-grants', 'no GRANT at all', { warnings: ['tables-without-grants'] }),
  refused('no-row-level-security', 'a table without row-level security', [
    'verification-failed',
    '',
    'public.tides',
  ]),
  applied('exposed-views', 'views, materialized views and security definer functions in public', {
    warnings: ['views-bypass-rls', 'materialized-views-exposed', 'definer-functions-exposed'],
  }),
  refused('failing-seed/supabase', 'a seed that breaks a foreign key', [
    'schema-invalid',
    'seed.sql:4',
    'parts_maker_id_fkey',
  ]),
  refused('raises-by-itself', 'a check of the template’s own that raises', [
    'schema-invalid',
    'schema.sql:5',
    'the table of limits is empty',
    'Nothing was inserted before.',
    'Insert the limits first.',
  ]),
  refused('wrong-order', 'a foreign key to a table of a later file', [
    'schema-invalid',
    '010_orders.sql:1',
    'public.buyers',
  ]),
];

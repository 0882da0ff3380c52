/** Reads the world that a checker judges: the ledger's rows, the sandbox's truth, and what is in the projects' databases. */
import pg from 'pg';
import { z } from 'zod';
import type { EncryptionKey } from '../../src/config.ts';
import type { Queryable } from '../../src/ledger/pool.ts';
import { callbackRow, effectRow, provisioningRow, resourceRow, stepRow } from '../../src/ledger/rows.ts';
import { loadSecret } from '../../src/ledger/secrets.ts';
import type { SandboxControl } from '../../sandbox/control/control.ts';
import type { SandboxObject } from '../../sandbox/control/objects.ts';
import type { LedgerRows, ProjectDatabase, World } from './world.ts';

/** Where it is read from, and what only the caller knows. */
export interface WorldSources extends Pick<
  World,
  | 'isQuiescent'
  | 'unrest'
  | 'requests'
  | 'strangers'
  | 'outages'
  | 'impaired'
  | 'templateTables'
  | 'sinks'
  | 'secrets'
  | 'signingSecret'
  | 'limits'
> {
  readonly pool: Queryable;
  readonly control: Pick<SandboxControl, 'journal' | 'objects' | 'receivedCallbacks'>;
  /** Whose provisionings are read. Undefined: all there are. Providers are never shared with others. */
  readonly clientIds?: readonly string[] | undefined;
  /** The Postgres behind the Supabase projects. Undefined: the projects' databases are not looked into. */
  readonly projectsUrl?: string | undefined;
  /** With them the secrets that the ledger still keeps are secrets too. */
  readonly encryptionKeys?: readonly EncryptionKey[] | undefined;
}

/** The ledger's tables are a sink of their own, named `ledger`. */
export async function readWorld(sources: WorldSources): Promise<World> {
  const { pool, control, projectsUrl, encryptionKeys = [] } = sources;
  const objects = control.objects();
  const ledger = await readLedger(pool, sources.clientIds);
  const keptSecrets = await readSecrets(pool, encryptionKeys);
  return {
    isQuiescent: sources.isQuiescent,
    unrest: sources.unrest,
    requests: sources.requests,
    objects,
    strangers: sources.strangers,
    outages: sources.outages,
    impaired: sources.impaired,
    templateTables: sources.templateTables,
    journal: control.journal(),
    ledger,
    projectDatabases: projectsUrl === undefined ? undefined : await readDatabases(projectsUrl, objects),
    received: control.receivedCallbacks(),
    signingSecret: sources.signingSecret,
    sinks: [...sources.sinks, { name: 'ledger', text: await readAsText(pool) }],
    secrets: [...sources.secrets, ...keptSecrets],
    limits: sources.limits,
  };
}

const withProvisioning = effectRow.extend({ provisioning_id: z.string() });
const eventRow = z.object({
  provisioning_id: z.string(),
  sequence: z.coerce.number(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
  at: z.date(),
});
const attemptRow = z.object({ callback_id: z.string(), attempt: z.number(), status: z.number().nullable() });

async function readLedger(pool: Queryable, clientIds: readonly string[] | undefined): Promise<LedgerRows> {
  const select = async <T>(sql: string, row: z.ZodType<T>, ...values: unknown[]) =>
    z.array(row).parse((await pool.query(sql, values)).rows);
  const provisionings = await select(
    `select * from ledger.provisionings where $1::text[] is null or client_id = any($1) order by created_at, id`,
    provisioningRow,
    clientIds,
  );
  const ids = provisionings.map(({ id }) => id);
  const ofThem = <T>(table: string, order: string, row: z.ZodType<T>) =>
    select(`select * from ledger.${table} where provisioning_id = any($1) order by ${order}`, row, ids);
  return {
    provisionings,
    steps: await ofThem('steps', 'provisioning_id, direction, position', stepRow),
    effects: await ofThem('effects', 'created_at, id', withProvisioning),
    resources: await ofThem('resources', 'created_at, id', resourceRow),
    events: await ofThem('events', 'provisioning_id, sequence', eventRow),
    callbacks: await ofThem('callbacks', 'provisioning_id, sequence', callbackRow),
    attempts: await select(
      `select a.* from ledger.callback_attempts a join ledger.callbacks c on c.id = a.callback_id
       where c.provisioning_id = any($1) order by a.at`,
      attemptRow,
      ids,
    ),
  };
}

async function readSecrets(
  pool: Queryable,
  keys: readonly EncryptionKey[],
): Promise<{ name: string; value: string }[]> {
  if (keys.length === 0) return [];
  // The anon key is public: the client's web page carries it.
  const { rows } = await pool.query<{ provisioning_id: string; name: string }>(
    `select provisioning_id, name from ledger.secrets where name <> 'supabase-anon-key'`,
  );
  const found = [];
  for (const { provisioning_id: provisioningId, name } of rows) {
    const value = await loadSecret(pool, keys, { provisioningId, name });
    if (value !== undefined) found.push({ name: `${name} of ${provisioningId}`, value });
  }
  return found;
}

/** Every row of every table of the ledger. */
async function readAsText(pool: Queryable): Promise<string> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables
     where table_schema = 'ledger' and table_type = 'BASE TABLE' order by 1`,
  );
  const texts = [];
  for (const { name } of tables) {
    const { rows } = await pool.query<{ text: string | null }>(
      `select string_agg(t::text, e'\\n') as text from ledger.${name} t`,
    );
    texts.push(`${name}:\n${rows[0]?.text ?? ''}`);
  }
  return texts.join('\n');
}

async function readDatabases(
  projectsUrl: string,
  objects: readonly SandboxObject[],
): Promise<ProjectDatabase[]> {
  const found = [];
  for (const { kind, id, details } of objects)
    if (kind === 'supabase.project' && details['status'] === 'ACTIVE_HEALTHY')
      found.push(await readDatabase(projectsUrl, id, String(details['database'])));
  return found;
}

async function readDatabase(
  projectsUrl: string,
  projectId: string,
  database: string,
): Promise<ProjectDatabase> {
  const url = new URL(projectsUrl);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    const tables = await client.query<{ name: string; is_secured: boolean }>(
      `select relname as name, relrowsecurity as is_secured from pg_class
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1`,
    );
    const books = await client.query<{ is_there: boolean }>(
      `select to_regclass('_provisioning.applied') is not null as is_there`,
    );
    const applied =
      books.rows[0]?.is_there === true
        ? await client.query<{ id: string }>('select provisioning_id as id from _provisioning.applied')
        : { rows: [] };
    return {
      projectId,
      tables: tables.rows.map((row) => ({ name: row.name, isSecured: row.is_secured })),
      appliedBy: applied.rows.map(({ id }) => id),
    };
  } finally {
    await client.end();
  }
}

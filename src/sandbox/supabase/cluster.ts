import { readFile } from 'node:fs/promises';
import pg from 'pg';

/** The Postgres server behind all Supabase projects of one sandbox. */
export interface Cluster {
  readonly host: string;
  readonly port: number;
  /** The server's version, e.g. `17.6`. */
  readonly version: string;
  /** Makes a project's database and its login role; both carry names of this sandbox alone. */
  createProject(names: DatabaseNames, password: string): Promise<void>;
  dropProject(names: DatabaseNames): Promise<void>;
  /** Drops the template and everything that projects have left. */
  close(): Promise<void>;
}

/** What a project is called in the cluster. */
export interface DatabaseNames {
  database: string;
  role: string;
}

const prefix = 'sandbox_';
const templateSql = new URL('./template.sql', import.meta.url);

// Roles belong to the whole server: another sandbox may be making the same ones at this moment.
const sharedRoles = [
  'create role anon nologin noinherit',
  'create role authenticated nologin noinherit',
  'create role service_role nologin noinherit bypassrls',
].map(
  (statement) =>
    `do $$ begin ${statement}; exception when duplicate_object or unique_violation then null; end $$`,
);

const quote = (name: string): string => pg.escapeIdentifier(name);

function connectionTo(postgresUrl: string, database: string): string {
  const url = new URL(postgresUrl);
  url.pathname = `/${database}`;
  return url.toString();
}

async function inDatabase(
  postgresUrl: string,
  database: string,
  statements: readonly string[],
): Promise<void> {
  const client = new pg.Client({ connectionString: connectionTo(postgresUrl, database) });
  client.on('error', () => {});
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** What a project's role may do and what its future objects grant; per copy, as it names the role. */
function projectSetup(role: string, automaticGrants: boolean): string[] {
  const owner = quote(role);
  const defaults = `alter default privileges for role ${owner} in schema public grant all on`;
  const readers = 'anon, authenticated, service_role';
  return [
    ...(automaticGrants
      ? ['tables', 'sequences', 'functions'].map((kind) => `${defaults} ${kind} to ${readers}`)
      : []),
    `alter publication supabase_realtime owner to ${owner}`,
  ];
}

async function dropMatching(pool: pg.Pool, databasePrefix: string): Promise<void> {
  const { rows } = await pool.query<{ datname: string; owner: string }>(
    `select datname, pg_get_userbyid(datdba) as owner from pg_database where starts_with(datname, $1)`,
    [databasePrefix],
  );
  for (const { datname, owner } of rows) {
    await pool.query(`drop database if exists ${quote(datname)} with (force)`);
    if (owner.startsWith('postgres.')) await pool.query(`drop role if exists ${quote(owner)}`);
  }
}

/**
 * Drops what sandboxes that were killed have left on the server. A sandbox is alive while a
 * connection of its name is open.
 */
async function dropLeftovers(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ instance: string }>(
    `select distinct split_part(datname, '_', 2) as instance from pg_database
     where starts_with(datname, $1) and not exists (
       select from pg_stat_activity
       where application_name = $1 || split_part(pg_database.datname, '_', 2))`,
    [prefix],
  );
  for (const { instance } of rows) await dropMatching(pool, `${prefix}${instance}_`);
}

/** The names of a project's database and role. */
export function databaseNames(instance: string, ref: string): DatabaseNames {
  return { database: `${prefix}${instance}_${ref}`, role: `postgres.${ref}` };
}

/** Makes the shared roles and the template that projects are copies of; answers the server's version. */
async function prepare(pool: pg.Pool, postgresUrl: string, template: string): Promise<string> {
  for (const statement of sharedRoles) await pool.query(statement);
  await pool.query(`create database ${quote(template)} template template0`);
  await inDatabase(postgresUrl, template, [await readFile(templateSql, 'utf8')]);
  await pool.query(`alter database ${quote(template)} allow_connections false`);
  const { rows } = await pool.query<{ version: string }>(
    `select current_setting('server_version') as version`,
  );
  return rows[0]?.version.split(' ')[0] ?? 'unknown';
}

/** Prepares the server for the projects of one sandbox. */
export async function openCluster(
  postgresUrl: string,
  instance: string,
  options: { removesLeftovers: boolean; automaticGrants: boolean },
): Promise<Cluster> {
  const pool = new pg.Pool({
    connectionString: postgresUrl,
    application_name: `${prefix}${instance}`,
    max: 4,
    // Never none: the name of the connection is what shows that this sandbox is alive.
    min: 1,
  });
  pool.on('error', () => {});
  const template = `${prefix}${instance}_template`;

  async function close(): Promise<void> {
    try {
      await dropMatching(pool, `${prefix}${instance}_`);
    } finally {
      await pool.end();
    }
  }
  let version: string;
  try {
    if (options.removesLeftovers) await dropLeftovers(pool);
    version = await prepare(pool, postgresUrl, template);
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
  const { hostname, port } = new URL(postgresUrl);
  return {
    host: hostname === '' ? '127.0.0.1' : hostname,
    port: port === '' ? 5432 : Number(port),
    version,
    async createProject({ database, role }, password) {
      const owner = quote(role);
      await pool.query(
        `create role ${owner} login bypassrls password ${pg.escapeLiteral(password)}
         in role anon, authenticated, service_role`,
      );
      await pool.query(`create database ${quote(database)} template ${quote(template)} owner ${owner}`);
      await pool.query(`revoke all on database ${quote(database)} from public`);
      await pool.query(`alter database ${quote(database)} set search_path to "$user", public, extensions`);
      await pool.query(`alter database ${quote(database)} set statement_timeout to '2min'`);
      await inDatabase(postgresUrl, database, projectSetup(role, options.automaticGrants));
    },
    async dropProject({ database, role }) {
      await pool.query(`drop database if exists ${quote(database)} with (force)`);
      await pool.query(`drop role if exists ${quote(role)}`);
    },
    close,
  };
}

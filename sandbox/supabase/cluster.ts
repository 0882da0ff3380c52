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
  /** Drops everything that projects have left, and the template where it was made for this sandbox alone. */
  close(): Promise<void>;
}

/** What a project is called in the cluster. */
export interface DatabaseNames {
  database: string;
  role: string;
}

const prefix = 'sandbox_';
const templateSql = new URL('./template.sql', import.meta.url);
const rolesSql = new URL('./roles.sql', import.meta.url);

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

/** What future objects of a project grant by themselves. */
function automaticGrants(owner: string): string[] {
  const defaults = `alter default privileges for role ${quote(owner)} in schema public grant all on`;
  const readers = 'anon, authenticated, service_role';
  return ['tables', 'sequences', 'functions'].map((kind) => `${defaults} ${kind} to ${readers}`);
}

async function dropMatching(pool: pg.Pool, databasePrefix: string): Promise<void> {
  const { rows } = await pool.query<{ datname: string }>(
    `select datname from pg_database where starts_with(datname, $1)`,
    [databasePrefix],
  );
  for (const { datname } of rows) {
    const ref = datname.slice(databasePrefix.length);
    await pool.query(`drop database if exists ${quote(datname)} with (force)`);
    await pool.query(`drop role if exists ${quote(`postgres.${ref}`)}`);
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

/** Makes the roles that all projects share. Another sandbox may be making the same ones at this moment. */
async function prepareRoles(pool: pg.Pool): Promise<void> {
  await pool.query(
    `begin; select pg_advisory_xact_lock(hashtext('${prefix}roles')); ${await readFile(rolesSql, 'utf8')}; commit`,
  );
}

/** Makes a database that projects can be copies of, as a superuser; sandboxes on the same server can share it. */
export async function createProjectTemplate(postgresUrl: string, template: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: postgresUrl, max: 1 });
  try {
    await makeTemplate(pool, postgresUrl, template);
  } finally {
    await pool.end();
  }
}

async function makeTemplate(pool: pg.Pool, postgresUrl: string, template: string): Promise<void> {
  await prepareRoles(pool);
  await pool.query(`create database ${quote(template)} template template0`);
  await inDatabase(postgresUrl, template, [await readFile(templateSql, 'utf8')]);
  await pool.query(`alter database ${quote(template)} allow_connections false`);
}

async function serverVersion(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ version: string }>(
    `select current_setting('server_version') as version`,
  );
  return rows[0]?.version.split(' ')[0] ?? 'unknown';
}

/** To copy the files costs a quarter of copying through the log, where they need not reach the disk; known from 15 on. */
export async function cheapestCopy(db: Pick<pg.ClientBase, 'query'>): Promise<string> {
  const { rows } = await db.query<{ is_best: boolean }>(
    `select current_setting('fsync') = 'off' and current_setting('server_version_num')::int >= 150000 as is_best`,
  );
  return rows[0]?.is_best === true ? 'strategy file_copy' : '';
}

async function isSuperuser(pool: pg.Pool, role: string): Promise<boolean> {
  const { rows } = await pool.query('select from pg_roles where rolname = $1 and rolsuper', [role]);
  return rows.length > 0;
}

/**
 * Prepares the server for the projects of one sandbox.
 *
 * Inside a project its role is called `postgres`, as on the hosted service. Where that is a superuser's name already,
 * the role is called as its login is, and statements that name `postgres` are refused.
 */
export async function openCluster(
  postgresUrl: string,
  instance: string,
  options: { removesLeftovers: boolean; automaticGrants: boolean; template: string | undefined },
): Promise<Cluster> {
  const pool = new pg.Pool({
    connectionString: postgresUrl,
    application_name: `${prefix}${instance}`,
    max: 4,
    // Never none: the name of the connection is what shows that this sandbox is alive.
    min: 1,
  });
  pool.on('error', () => {});
  const template = options.template ?? `${prefix}${instance}_template`;

  async function close(): Promise<void> {
    try {
      await dropMatching(pool, `${prefix}${instance}_`);
    } finally {
      await pool.end();
    }
  }
  let version: string;
  let copying: string;
  try {
    if (options.removesLeftovers) await dropLeftovers(pool);
    if (options.template === undefined) await makeTemplate(pool, postgresUrl, template);
    version = await serverVersion(pool);
    copying = await cheapestCopy(pool);
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
  const isHostedLike = !(await isSuperuser(pool, 'postgres'));
  const { hostname, port } = new URL(postgresUrl);
  return {
    host: hostname === '' ? '127.0.0.1' : hostname,
    port: port === '' ? 5432 : Number(port),
    version,
    async createProject({ database, role }, password) {
      const login = quote(role);
      const owner = isHostedLike ? 'postgres' : role;
      const groups = isHostedLike ? 'postgres' : 'anon, authenticated, service_role';
      await pool.query(
        `create role ${login} login bypassrls password ${pg.escapeLiteral(password)} in role ${groups}`,
      );
      const name = quote(database);
      await pool.query(
        `create database ${name} template ${quote(template)} owner ${quote(owner)} ${copying}`,
      );
      // The owner of all projects is one role: what keeps them apart is that each login may connect to its own alone.
      await pool.query(
        `revoke all on database ${name} from public, ${quote(owner)};
         grant create, temporary on database ${name} to ${quote(owner)};
         grant connect on database ${name} to ${login};
         alter database ${name} set search_path to "$user", public, extensions;
         alter database ${name} set statement_timeout to '2min'`,
      );
      if (isHostedLike) await pool.query(`alter role ${login} in database ${name} set role to postgres`);
      if (options.automaticGrants) await inDatabase(postgresUrl, database, automaticGrants(owner));
    },
    async dropProject({ database, role }) {
      await pool.query(`drop database if exists ${quote(database)} with (force)`);
      await pool.query(`drop role if exists ${quote(role)}`);
    },
    close,
  };
}

import type { ApiKey, SupabaseProject } from './project.ts';
import { statusOf } from './project.ts';
import type { World } from '../world.ts';

/** A project as create and read answer it. */
export function projectBody(project: SupabaseProject, world: World, version: string, now: number) {
  return {
    ...createdBody(project, world),
    status: statusOf(project, world.switches.timing, now),
    database: {
      host: `db.${project.id}.supabase.co`,
      version: `${version}.001`,
      postgres_engine: version.split('.')[0] ?? version,
      release_channel: 'ga',
    },
  };
}

/** The create answer: its status is `UNKNOWN`, and the database is not in it yet. */
export function createdBody(project: SupabaseProject, world: World) {
  return {
    id: project.id,
    ref: project.id,
    organization_id: world.supabaseOrganization,
    organization_slug: world.supabaseOrganization,
    name: project.name,
    region: project.region,
    created_at: new Date(project.createdAt).toISOString(),
    status: 'UNKNOWN',
  };
}

/** A project as the organization's list shows it. */
export function listedBody(project: SupabaseProject, world: World, now: number) {
  const status = statusOf(project, world.switches.timing, now);
  return {
    ref: project.id,
    name: project.name,
    cloud_provider: 'AWS',
    region: project.region,
    is_branch: false,
    status,
    inserted_at: new Date(project.createdAt).toISOString(),
    databases: [
      {
        infra_compute_size: 'nano',
        region: project.region,
        status,
        cloud_provider: 'AWS',
        identifier: project.id,
        type: 'PRIMARY',
      },
    ],
  };
}

function masked(value: string): string {
  return `${value.slice(0, 16)}${'·'.repeat(24)}`;
}

/** A key; a secret one is masked unless it is asked for in the clear. */
export function keyBody(key: ApiKey, isRevealed: boolean) {
  const timestamp = new Date(key.createdAt).toISOString();
  if (key.type === 'legacy') {
    return {
      id: key.id,
      name: key.name,
      type: key.type,
      api_key: key.value,
      prefix: key.value.slice(0, 5),
      description: `Legacy ${key.name} API key`,
      hash: null,
      secret_jwt_template: null,
    };
  }
  return {
    id: key.id,
    name: key.name,
    type: key.type,
    api_key: key.type === 'secret' && !isRevealed ? masked(key.value) : key.value,
    prefix: key.value.slice(0, key.type === 'secret' ? 15 : 20),
    description: key.description,
    hash: null,
    secret_jwt_template: key.type === 'secret' ? { role: 'service_role' } : null,
    inserted_at: timestamp,
    updated_at: timestamp,
  };
}

/** The connection pooler's configuration. The password is not in it. */
export function poolerBody(project: SupabaseProject, host: string, port: number) {
  const { role } = project.names;
  const connection = `postgresql://${role}:[YOUR-PASSWORD]@${host}:${port}/postgres`;
  return {
    identifier: project.id,
    database_type: 'PRIMARY',
    is_using_scram_auth: true,
    db_user: role,
    db_host: host,
    db_port: port,
    db_name: 'postgres',
    connection_string: connection,
    connectionString: connection,
    default_pool_size: 15,
    max_client_conn: 200,
    pool_mode: 'transaction',
  };
}

/** How the steps reach a project's database. */
import { z } from 'zod';
import type { DatabaseAddress, DatabaseTls } from '../providers/postgres.ts';

export const databaseEnvironment = z.object({
  SUPABASE_DB_SESSION_PORT: z.coerce.number().int().min(1).max(65_535).default(5432),
  SUPABASE_DB_SSL: z.enum(['disable', 'require', 'verify']).default('require'),
  SUPABASE_DB_CA: z.string().optional(),
  SCHEMA_TRANSPORT: z.enum(['postgres', 'http']).default('postgres'),
});
export type DatabaseEnvironment = z.infer<typeof databaseEnvironment>;

export function databaseAddress(
  project: { databaseHost: string; databaseUser: string; databaseName: string },
  password: string,
  settings: DatabaseEnvironment,
): DatabaseAddress {
  return {
    host: project.databaseHost,
    port: settings.SUPABASE_DB_SESSION_PORT,
    user: project.databaseUser,
    database: project.databaseName,
    password,
  };
}

export function databaseTls(settings: DatabaseEnvironment): DatabaseTls {
  return { mode: settings.SUPABASE_DB_SSL, caFile: settings.SUPABASE_DB_CA };
}

/** The way in which steps reach a project's database. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { DatabaseAddress, DatabaseTls } from '../providers/postgres.ts';

export const databaseEnvironment = z.object({
  SUPABASE_DB_SESSION_PORT: z.coerce.number().int().min(1).max(65_535).default(5432),
  SUPABASE_DB_SSL: z.enum(['disable', 'require', 'verify']).default('require'),
  SUPABASE_DB_CA: z.string().transform(readCertificates).optional(),
  SCHEMA_TRANSPORT: z.enum(['postgres', 'http']).default('postgres'),
});

/** Certificates in PEM. Read at the start too: a file that is not there should not be found out by a client's project. */
function readCertificates(path: string, context: z.RefinementCtx): string {
  try {
    const pem = readFileSync(path, 'utf8');
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
    const certificates = blocks.map((block) => new X509Certificate(block));
    if (certificates.length > 0) return pem;
    throw new Error('there is none in PEM in it');
  } catch (error) {
    context.addIssue(
      `no certificate can be read there: ${error instanceof Error ? error.message : 'unknown'}`,
    );
    return z.NEVER;
  }
}

/** For `superRefine`: to verify, somebody must vouch for the pooler, whose certificate is from Supabase's own CA. */
export function requireAuthority(
  given: { readonly SUPABASE_DB_SSL?: unknown; readonly SUPABASE_DB_CA?: unknown },
  context: z.RefinementCtx,
): void {
  if (given.SUPABASE_DB_SSL === 'verify' && given.SUPABASE_DB_CA === undefined)
    context.addIssue({
      code: 'custom',
      path: ['SUPABASE_DB_CA'],
      message: 'goes with SUPABASE_DB_SSL=verify',
    });
}

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
  return { mode: settings.SUPABASE_DB_SSL, ca: settings.SUPABASE_DB_CA };
}

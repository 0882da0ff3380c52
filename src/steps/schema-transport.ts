/** Two ways to a project's database: its session pooler, or the Management API's query endpoint. */
import pg from 'pg';
import { z } from 'zod';
import { ProviderError, StepFailure } from '../errors.ts';
import type { Permit } from '../permit.ts';
import { isPassingSqlError, withDatabase, type DatabaseAddress, type DatabaseTls } from '../providers/postgres.ts';
import { messageOf, type SupabaseClient } from '../providers/supabase.ts';
import { appliedSql, applyScript, prepareSql, recordSql, verifySql } from './project-sql.ts';
import { describePosition, type SchemaBundle } from './schema-bundle.ts';
import type { CallLimits } from './step.ts';

const appliedRow = z.object({ checksum: z.string().nullable() });
const verificationRow = z.object({
  tables: z.number(),
  missing: z.array(z.string()),
  unsecured: z.array(z.string()),
});
export type Verification = z.infer<typeof verificationRow>;

export interface SchemaTransport {
  /** The checksum of the template that was applied, if one was. */
  readApplied(): Promise<string | undefined>;
  /** Applies all of it, or nothing. Throws a StepFailure `schema-invalid` that says where the SQL is wrong. */
  apply(permit: Permit, bundle: SchemaBundle, provisioningId: string): Promise<void>;
  verify(): Promise<Verification>;
}

/** Over the session pooler, with the project's own password. */
export function poolerTransport(address: DatabaseAddress, tls: DatabaseTls, limits: CallLimits): SchemaTransport {
  return {
    readApplied: () =>
      withDatabase(address, tls, limits, async (database) => {
        const { rows } = await database.query(appliedSql);
        return appliedRow.parse(rows[0]).checksum ?? undefined;
      }),

    apply: (permit, bundle, provisioningId) =>
      withDatabase(address, tls, { ...limits, ...permitLimits(permit) }, async (database) => {
        permit.take();
        await database.query('begin');
        await database.query(prepareSql);
        for (const file of bundle.files)
          await database.query(file.sql).catch((error: unknown) => {
            throw sqlFailure(error, file.name, file.sql) ?? error;
          });
        await database.query(recordSql(bundle.checksum, provisioningId)).catch((error: unknown) => {
          throw sqlFailure(error, 'the template', '') ?? error;
        });
        await database.query('commit');
      }),

    verify: () =>
      withDatabase(address, tls, limits, async (database) => {
        const { rows } = await database.query(verifySql);
        return verificationRow.parse(rows[0]);
      }),
  };
}

/** Over HTTPS: needs no open port 5432 and no password. */
export function queryTransport(supabase: SupabaseClient, ref: string): SchemaTransport {
  return {
    async readApplied() {
      const [row] = await supabase.queryReadOnly(ref, appliedSql, appliedRow);
      return row?.checksum ?? undefined;
    },

    async apply(permit, bundle, provisioningId) {
      const script = applyScript(bundle, provisioningId);
      try {
        await supabase.query(permit, ref, script.sql);
      } catch (error) {
        throw (error instanceof ProviderError && error.status === 400
          ? httpSqlFailure(error.providerText, script.locate)
          : undefined) ?? error;
      }
    },

    async verify() {
      const [row] = await supabase.queryReadOnly(ref, verifySql, verificationRow);
      return verificationRow.parse(row);
    },
  };
}

function permitLimits(permit: Permit): CallLimits {
  return { timeoutMs: permit.timeoutMs, signal: permit.signal };
}

function sqlFailure(error: unknown, fileName: string, sql: string): StepFailure | undefined {
  if (!(error instanceof pg.DatabaseError) || isPassingSqlError(error.code)) return undefined;
  const position = Number(error.position ?? Number.NaN);
  const where = Number.isFinite(position) && sql !== '' ? `, ${describePosition(sql, position)}` : '';
  return schemaInvalid(fileName + where, error.message, error.code, error);
}

/** Supabase passes PostgreSQL's message on; where it says a line, it counts through the whole script. */
function httpSqlFailure(
  providerText: string,
  locate: (position: number) => { file: { name: string; sql: string }; position: number } | undefined,
): StepFailure | undefined {
  let body: unknown;
  try {
    body = JSON.parse(providerText);
  } catch {
    return undefined;
  }
  const message = messageOf(body) ?? '';
  const match = /ERROR:\s+(\w{5}):\s+([^\n]*)/.exec(message);
  if (match === null || isPassingSqlError(match[1])) return undefined;
  const position = z.object({ position: z.coerce.number() }).safeParse(body).data?.position;
  const at = position === undefined ? undefined : locate(position);
  const where = at === undefined ? 'the template' : `${at.file.name}, ${describePosition(at.file.sql, at.position)}`;
  return schemaInvalid(where, match[2] ?? '', match[1], undefined);
}

function schemaInvalid(where: string, message: string, code: string | undefined, cause: unknown): StepFailure {
  return new StepFailure('schema-invalid', `${where}: ${message} (SQLSTATE ${code ?? 'unknown'})`, { cause });
}

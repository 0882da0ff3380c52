/** Two ways to a project's database: its session pooler, or the Management API's query endpoint. */
import { z } from 'zod';
import { NotYet, ProviderError, StepFailure } from '../errors.ts';
import { parseJson } from '../http.ts';
import type { Permit } from '../permit.ts';
import {
  asSqlError,
  isPassingSqlError,
  withDatabase,
  type DatabaseAddress,
  type DatabaseTls,
} from '../providers/postgres.ts';
import { messageOf, type SupabaseClient } from '../providers/supabase.ts';
import {
  alreadyApplied,
  appliedSql,
  applyScript,
  prepareSql,
  recordSql,
  verifySql,
  type SqlScript,
} from './project-sql.ts';
import { describePosition, type SchemaBundle } from './schema-bundle.ts';
import type { CallLimits } from './step.ts';

const appliedRow = z.object({ checksum: z.string().nullable() });
const verificationRow = z.object({
  tables: z.number(),
  missing: z.array(z.string()),
  unsecured: z.array(z.string()),
});
export type Verification = z.infer<typeof verificationRow>;

/** An earlier call has applied the template after all; this one has changed nothing. */
class AppliedAlready extends NotYet {
  constructor() {
    super('the template to be seen as applied', { lookAgainMs: 0 });
  }
}

export interface SchemaTransport {
  /** The checksum of the template that was applied, if one was. */
  readApplied(): Promise<string | undefined>;
  /** Applies all of it, or nothing. Throws a StepFailure `schema-invalid` that says where the SQL is wrong. */
  apply(permit: Permit, bundle: SchemaBundle, provisioningId: string): Promise<void>;
  verify(): Promise<Verification>;
}

/** Over the session pooler, with the project's own password. */
export function poolerTransport(
  address: DatabaseAddress,
  tls: DatabaseTls,
  limits: CallLimits,
): SchemaTransport {
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
        await database.query(prepareSql).catch((error: unknown) => {
          throw asSqlError(error)?.code === alreadyApplied ? new AppliedAlready() : error;
        });
        for (const file of bundle.files)
          await database.query(file.sql).catch((error: unknown) => {
            throw sqlFailure(error, file.name, file.sql) ?? error;
          });
        await database.query(recordSql(bundle.checksum, provisioningId)).catch((error: unknown) => {
          throw sqlFailure(error, 'the template', '') ?? error;
        });
        // Constraints that were deferred speak up here.
        await database.query('commit').catch((error: unknown) => {
          throw sqlFailure(error, 'the template', '') ?? error;
        });
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
      const [row] = await tellPassing(() => supabase.queryReadOnly(ref, appliedSql, appliedRow));
      return row?.checksum ?? undefined;
    },

    async apply(permit, bundle, provisioningId) {
      const script = applyScript(bundle, provisioningId);
      try {
        await tellPassing(() => supabase.query(permit, ref, script.sql));
      } catch (error) {
        throw (
          (error instanceof ProviderError && error.status === 400
            ? httpSqlFailure(error.providerText, script)
            : undefined) ?? error
        );
      }
    },

    async verify() {
      const [row] = await tellPassing(() => supabase.queryReadOnly(ref, verifySql, verificationRow));
      return verificationRow.parse(row);
    },
  };
}

/** A database that is not ready has done nothing, and is no refusal by Supabase: another attempt may do. */
async function tellPassing<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ProviderError) || error.status !== 400) throw error;
    const [, code = ''] = sqlErrorIn(error.providerText) ?? [];
    if (!isPassingSqlError(code)) throw error;
    const { provider, operation } = error;
    const reason = `answered with SQLSTATE ${code}`;
    throw new ProviderError({ provider, operation, outcome: 'not-made', reason });
  }
}

/** The error that psql would print, with its SQLSTATE and its text. */
function sqlErrorIn(providerText: string): RegExpExecArray | null {
  return /ERROR:\s+(\w{5}):\s+([^\n]*)/.exec(messageOf(parseJson(providerText)) ?? '');
}

function permitLimits(permit: Permit): CallLimits {
  return { timeoutMs: permit.timeoutMs, signal: permit.signal };
}

/** SQL errors of the template, with the place in its file. Undefined: the error is about something else. */
function sqlFailure(error: unknown, fileName: string, sql: string): StepFailure | undefined {
  const sqlError = asSqlError(error);
  if (sqlError === undefined) return undefined;
  const isPlaced = sqlError.position !== undefined && sql !== '';
  const where = isPlaced ? `${fileName}, ${describePosition(sql, sqlError.position ?? 1)}` : fileName;
  return schemaInvalid(where, sqlError.message, sqlError.code, error);
}

/**
 * The same from the query endpoint, which passes on what psql would print:
 * `ERROR:  42601: syntax error …`, then `LINE 7: <that line>` counted through the whole script, and a caret below.
 */
function httpSqlFailure(providerText: string, script: SqlScript): StepFailure | AppliedAlready | undefined {
  const message = messageOf(parseJson(providerText)) ?? '';
  const error = sqlErrorIn(providerText);
  const [, code = '', text = ''] = error ?? [];
  if (code === alreadyApplied) return new AppliedAlready();
  if (error === null) return undefined;
  const place = /^(LINE (\d+): )(.*)\n( *)\^/m.exec(message);
  const found = place === null ? undefined : script.locate(Number(place[2]));
  if (place === null || found === undefined) return schemaInvalid('the template', text, code, undefined);
  // psql shortens a long line, and then the caret says nothing about the column.
  const isWhole = !(place[3] ?? '').startsWith('...');
  const column = isWhole ? `, column ${(place[4] ?? '').length - (place[1] ?? '').length + 1}` : '';
  return schemaInvalid(`${found.file}, line ${found.line}${column}`, text, code, undefined);
}

function schemaInvalid(where: string, message: string, code: string, cause: unknown): StepFailure {
  return new StepFailure('schema-invalid', `${where}: ${message} (SQLSTATE ${code})`, { cause });
}

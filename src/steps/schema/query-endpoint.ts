/** The template over HTTPS, through the Management API: needs no open port 5432 and no password. */
import { ProviderError, StepFailure } from '../../errors.ts';
import { parseJson } from '../../http/json.ts';
import { isPassingForTemplate, isPassingSqlError } from '../../providers/postgres-errors.ts';
import { messageOf, type SupabaseClient } from '../../providers/supabase.ts';
import { findCopy } from './commands.ts';
import type { SchemaPolicy } from './findings.ts';
import { findingsSql } from './findings-sql.ts';
import { readPrintedError } from './printed-error.ts';
import { applyScript, numberedMessage, type Script } from './script.ts';
import { templateFailure } from './statement-error.ts';
import { markerIsAbsent, markerSql } from './transaction-sql.ts';
import { findingsRow, judgeOurError, appliedRow, recordedTables, type SchemaTransport } from './transport.ts';

export function queryTransport(supabase: SupabaseClient, ref: string): SchemaTransport {
  return {
    async readApplied(provisioningId) {
      const rows = await supabase
        .queryReadOnly(ref, markerSql(provisioningId), appliedRow)
        .catch((error: unknown) => {
          if (markerIsAbsent.has(refusalOf(error)?.code ?? '')) return [];
          throw tellPassing(error);
        });
      return rows[0];
    },

    async readFindings(marker) {
      const rows = await supabase
        .queryReadOnly(ref, findingsSql(recordedTables(marker)), findingsRow)
        .catch((error: unknown) => {
          throw tellPassing(error);
        });
      return findingsRow.parse(rows[0]).findings;
    },

    async apply(permit, application) {
      const copy = findCopy(application.template);
      if (copy !== undefined)
        throw new StepFailure(
          'schema-invalid',
          `${copy.file}, line ${copy.statement.line}: the rows of a COPY cannot travel over https: ` +
            'set SCHEMA_TRANSPORT=postgres, or dump the data as INSERTs (pg_dump --inserts)',
        );
      const script = applyScript(application);
      await supabase.query(permit, ref, script.sql).catch((error: unknown) => {
        throw judge(error, script, application.policy);
      });
    },
  };
}

function refusalOf(error: unknown) {
  if (!(error instanceof ProviderError) || error.status !== 400) return undefined;
  return readPrintedError(textOf(error));
}

function textOf({ providerText }: ProviderError): string {
  return messageOf(parseJson(providerText)) ?? providerText;
}

function judge(error: unknown, script: Script, policy: SchemaPolicy): unknown {
  const printed = refusalOf(error);
  if (printed === undefined) return tellPassing(error);
  const [prefix = '', number] = numberedMessage.exec(printed.message) ?? [];
  const origin = number === undefined ? undefined : script.origins[Number(number)];
  if (origin === undefined)
    return isPassingSqlError(printed.code) ? tellPassing(error) : judgeOurError(printed, policy, error);
  if (isPassingForTemplate(printed.code)) return tellPassing(error);
  const stated = { ...printed, message: printed.message.slice(prefix.length) };
  return templateFailure(origin, stated, undefined, error);
}

/**
 * A database that is not ready, or conflicts with somebody, is no refusal by Supabase: another attempt may do.
 * The endpoint answers 400 to that as well, and also, without an SQLSTATE, when it has lost the database.
 */
function tellPassing(error: unknown): unknown {
  if (!(error instanceof ProviderError) || error.status !== 400) return error;
  const { provider, operation } = error;
  const printed = refusalOf(error);
  if (printed === undefined) {
    if (!/^Failed to run sql query/i.test(textOf(error))) return error;
    const reason = 'lost its connection to the database';
    return new ProviderError({ provider, operation, outcome: 'in-doubt', reason, cause: error });
  }
  if (!isPassingSqlError(printed.code)) return error;
  const reason = `answered with SQLSTATE ${printed.code}`;
  return new ProviderError({ provider, operation, outcome: 'not-made', reason, cause: error });
}

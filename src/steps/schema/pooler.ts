/** The template over the session pooler, with the project's own password. */
import type { Permit } from '../../http/permit.ts';
import { BatchError, runBatch, type Connection } from '../../providers/postgres-batch.ts';
import { asSqlError, isPassingForTemplate, isPassingSqlError } from '../../providers/postgres-errors.ts';
import { withDatabase, type DatabaseAddress, type DatabaseTls } from '../../providers/postgres.ts';
import type { CallLimits } from '../step.ts';
import { commandsOf, ours, type Command } from './commands.ts';
import type { SchemaPolicy } from './findings.ts';
import { findingsSql } from './findings-sql.ts';
import { templateFailure } from './statement-error.ts';
import { cleanSessionSql, markerIsAbsent, markerSql } from './transaction-sql.ts';
import {
  beginning,
  ending,
  findingsRow,
  judgeOurError,
  appliedRow,
  recordedTables,
  type SchemaTransport,
} from './transport.ts';

/** Statements that share a round trip. Together they may take `batchTimeouts` times the time-out of one. */
const batchSize = 100;
const batchTimeouts = 4;

export function poolerTransport(
  address: DatabaseAddress,
  tls: DatabaseTls,
  limits: CallLimits,
): SchemaTransport {
  return {
    readApplied: (provisioningId) =>
      withDatabase(address, tls, limits, async (database) => {
        const { rows } = await database.query(markerSql(provisioningId)).catch((error: unknown) => {
          if (markerIsAbsent.has(asSqlError(error)?.code ?? '')) return { rows: [] };
          throw error;
        });
        return rows[0] === undefined ? undefined : appliedRow.parse(rows[0]);
      }),

    readFindings: (marker) =>
      withDatabase(address, tls, limits, async (database) => {
        const { rows } = await database.query(findingsSql(recordedTables(marker)));
        return findingsRow.parse(rows[0]).findings;
      }),

    apply: (permit, application) =>
      withDatabase(address, tls, { ...limits, ...permitLimits(permit) }, async (database) => {
        permit.take();
        const run = (commands: readonly Command[]) =>
          runCommands(database, commands, application.policy, permit.timeoutMs);
        const clean = cleanSessionSql(permit.timeoutMs).map(ours);
        // A message is parsed with the settings that it meets, so each one leaves the session clean for the next.
        await run([...beginning(application).map(ours), ...clean]);
        for (const file of application.template.files) await run([...commandsOf(file), ...clean]);
        await run(ending(application).map(ours));
      }),
  };
}

function permitLimits(permit: Permit): CallLimits {
  return { timeoutMs: permit.timeoutMs, signal: permit.signal };
}

async function runCommands(
  database: Connection,
  commands: readonly Command[],
  policy: SchemaPolicy,
  timeoutMs: number,
): Promise<void> {
  for (let at = 0; at < commands.length; at += batchSize) {
    const batch = commands.slice(at, at + batchSize);
    await runBatch(database, batch, timeoutMs * batchTimeouts).catch((error: unknown) => {
      throw error instanceof BatchError ? judge(error, batch[error.index], policy) : error;
    });
  }
}

/** The original where it will pass by itself: nothing was committed, and another attempt may do. */
function judge(error: BatchError, command: Command | undefined, policy: SchemaPolicy): unknown {
  const { facts, offset, cause } = error;
  if (command?.origin === undefined)
    return isPassingSqlError(facts.code) ? cause : judgeOurError(facts, policy, cause);
  if (isPassingForTemplate(facts.code)) return cause;
  // A position in a wrapper of ours is none in the template.
  const isWrapped = command.sql !== command.origin.statement.sql;
  return templateFailure(command.origin, facts, isWrapped ? undefined : offset, cause);
}

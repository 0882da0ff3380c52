/**
 * Statements that can't be part of a template, since all of it is applied in one transaction. Pure.
 *
 * The list follows the callers of PreventInTransactionBlock in PostgreSQL 17.
 */
import type { DefElem, Node, TransactionStmt, VariableSetStmt } from 'libpg-query';
import type { RefusedCommand } from './psql-commands.ts';

/** Undefined: the statement may be part of a transaction. `isPlain`: its file holds ASCII and nothing else. */
export function refuseStatement(node: Node, isPlain: boolean): RefusedCommand | undefined {
  if ('TransactionStmt' in node) return refuseTransaction(node.TransactionStmt);
  if ('VariableSetStmt' in node) return refuseSetting(node.VariableSetStmt, isPlain);
  const found = alone(node);
  if (found === undefined) return undefined;
  const [name, fix] = found;
  return { what: `PostgreSQL refuses ${name} inside a transaction, and a template is applied in one`, fix };
}

const transactionNames: Partial<Record<NonNullable<TransactionStmt['kind']>, string>> = {
  TRANS_STMT_BEGIN: 'BEGIN',
  TRANS_STMT_START: 'START TRANSACTION',
  TRANS_STMT_COMMIT: 'COMMIT (or END)',
  TRANS_STMT_ROLLBACK: 'ROLLBACK (or ABORT)',
  TRANS_STMT_PREPARE: 'PREPARE TRANSACTION',
  TRANS_STMT_COMMIT_PREPARED: 'COMMIT PREPARED',
  TRANS_STMT_ROLLBACK_PREPARED: 'ROLLBACK PREPARED',
};

/** Savepoints stay: they live and end inside the one transaction. */
function refuseTransaction({ kind }: TransactionStmt): RefusedCommand | undefined {
  const name = kind && transactionNames[kind];
  if (name === undefined) return undefined;
  return {
    what: `${name} is a transaction command`,
    fix: 'Remove it: the whole template is applied in one transaction, all of it or nothing.',
  };
}

function refuseSetting(
  { kind, name = '', args }: VariableSetStmt,
  isPlain: boolean,
): RefusedCommand | undefined {
  const value = textOf(args?.[0]);
  if (kind === 'VAR_SET_MULTI' && (name === 'TRANSACTION' || name === 'SESSION CHARACTERISTICS'))
    return {
      what: `SET ${name} changes the transaction in which the template is applied`,
      fix: 'Remove it: the transaction is opened for you.',
    };
  // A file in which a backslash escapes in plain strings is another file: what is read here is not what it means.
  if (name === 'standard_conforming_strings' && /^(?:off|false|no|0)$/i.test(value))
    return {
      what: 'standard_conforming_strings is switched off',
      fix: "Remove it, and write strings with backslashes as E'…'.",
    };
  // Every file is sent as UTF-8: PostgreSQL would take its letters for others, and store those.
  if (name === 'client_encoding' && !isPlain && value !== '' && !/^(?:utf-?8|unicode)$/i.test(value))
    return {
      what: `client_encoding is set to ${value}, and the file is UTF-8`,
      fix: 'Remove it: files are sent as UTF-8.',
    };
  return undefined;
}

const once = 'Run it by hand once the project is there.';

/** The statement's name, and what to do instead. */
function alone(node: Node): readonly [string, string] | undefined {
  if ('IndexStmt' in node && node.IndexStmt.concurrent)
    return [
      'CREATE INDEX CONCURRENTLY',
      'Leave out CONCURRENTLY: the tables of a new project hold no traffic.',
    ];
  if ('DropStmt' in node && node.DropStmt.concurrent)
    return ['DROP INDEX CONCURRENTLY', 'Leave out CONCURRENTLY.'];
  if ('ReindexStmt' in node) {
    const { kind, params } = node.ReindexStmt;
    if (optionIsOn(params, 'concurrently', false))
      return ['REINDEX CONCURRENTLY', 'Remove it: a new index needs none.'];
    if (kind === 'REINDEX_OBJECT_SCHEMA') return ['REINDEX SCHEMA', 'Remove it: a new index needs none.'];
    if (kind === 'REINDEX_OBJECT_SYSTEM') return ['REINDEX SYSTEM', 'Remove it: a new index needs none.'];
    if (kind === 'REINDEX_OBJECT_DATABASE') return ['REINDEX DATABASE', 'Remove it: a new index needs none.'];
  }
  if ('VacuumStmt' in node && node.VacuumStmt.is_vacuumcmd)
    return ['VACUUM', 'Remove it, or use ANALYZE: a new project has nothing to vacuum.'];
  if ('ClusterStmt' in node && node.ClusterStmt.relation === undefined)
    return ['CLUSTER without a table', 'Name the table, or remove it.'];
  if ('CreatedbStmt' in node)
    return ['CREATE DATABASE', 'Remove it: a project has one database. Write a dump without -C (--create).'];
  if ('DropdbStmt' in node) return ['DROP DATABASE', 'Remove it: a project has one database.'];
  if ('AlterDatabaseStmt' in node && optionIsOn(node.AlterDatabaseStmt.options, 'tablespace', false))
    return ['ALTER DATABASE … SET TABLESPACE', 'Remove it.'];
  if ('CreateTableSpaceStmt' in node)
    return ['CREATE TABLESPACE', 'Remove it: a project has no tablespaces.'];
  if ('DropTableSpaceStmt' in node) return ['DROP TABLESPACE', 'Remove it: a project has no tablespaces.'];
  if ('AlterSystemStmt' in node)
    return ['ALTER SYSTEM', 'Use ALTER DATABASE postgres SET …, or ALTER ROLE … SET ….'];
  if ('DiscardStmt' in node && node.DiscardStmt.target === 'DISCARD_ALL')
    return ['DISCARD ALL', 'Remove it: no file leaves settings to the next one.'];
  return detachment(node) ?? subscription(node);
}

function detachment(node: Node): readonly [string, string] | undefined {
  if (!('AlterTableStmt' in node)) return undefined;
  const isConcurrent = node.AlterTableStmt.cmds?.some((command) => {
    const change = 'AlterTableCmd' in command ? command.AlterTableCmd.def : undefined;
    return change !== undefined && 'PartitionCmd' in change && change.PartitionCmd.concurrent;
  });
  return isConcurrent
    ? ['ALTER TABLE … DETACH PARTITION CONCURRENTLY', 'Leave out CONCURRENTLY.']
    : undefined;
}

/** Each of them talks to another server. */
function subscription(node: Node): readonly [string, string] | undefined {
  if ('CreateSubscriptionStmt' in node) {
    const { options } = node.CreateSubscriptionStmt;
    const makesSlot = optionIsOn(options, 'connect', true) && optionIsOn(options, 'create_slot', true);
    return makesSlot ? ['CREATE SUBSCRIPTION', `${once} WITH (connect = false) is accepted.`] : undefined;
  }
  if ('AlterSubscriptionStmt' in node) {
    const { kind, options } = node.AlterSubscriptionStmt;
    const refreshes =
      kind === 'ALTER_SUBSCRIPTION_REFRESH' ||
      (/_(?:SET|ADD|DROP)_PUBLICATION$/.test(kind ?? '') && optionIsOn(options, 'refresh', true));
    return refreshes ? ['ALTER SUBSCRIPTION with a refresh', once] : undefined;
  }
  return 'DropSubscriptionStmt' in node ? ['DROP SUBSCRIPTION', once] : undefined;
}

/** An option without a value is on. */
function optionIsOn(options: readonly Node[] | undefined, name: string, byDefault: boolean): boolean {
  const option = options?.map(definition).findLast((found) => found?.defname === name);
  if (option === undefined) return byDefault;
  return option.arg === undefined || !/^(?:off|false|no|0)$/i.test(textOf(option.arg));
}

function definition(node: Node): DefElem | undefined {
  return 'DefElem' in node ? node.DefElem : undefined;
}

/** A constant as it was written. */
function textOf(node: Node | undefined): string {
  if (node === undefined) return '';
  if ('String' in node) return node.String.sval ?? '';
  if ('Boolean' in node) return String(node.Boolean.boolval ?? false);
  if ('Integer' in node) return String(node.Integer.ival ?? 0);
  if (!('A_Const' in node)) return '';
  const { sval, boolval, ival } = node.A_Const;
  return sval?.sval ?? String(boolval ? (boolval.boolval ?? false) : (ival?.ival ?? ''));
}

/**
 * The parts of a transition: each one statement with its values, and the events that tell of it.
 *
 * A worker writes them with `writeAsHolder()`, all in one statement. Whoever has a transaction open applies them there.
 */
import { appendEvent } from './events.ts';
import type { Queryable } from './pool.ts';

export interface NewEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Part {
  /** An insert, update or delete without `returning`, whose values are `$1` and so on. */
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly events?: readonly NewEvent[];
  /** Everything is refused with this text unless exactly one row is changed. */
  readonly mustChange?: string;
  /** The row comes back. */
  readonly returns?: 'effect' | 'resource' | 'step';
}

/** Applies parts within a transaction, one after the other. */
export async function applyParts(
  db: Queryable,
  provisioningId: string,
  parts: readonly Part[],
): Promise<void> {
  for (const { sql, values, events = [], mustChange } of parts) {
    const { rowCount } = await db.query(sql, [...values]);
    if (mustChange !== undefined && rowCount !== 1) throw new Error(mustChange);
    for (const { type, data } of events) await appendEvent(db, provisioningId, type, data);
  }
}

/** One statement that is made of others. */
export interface ComposedStatement {
  /** The same text has the same name, so that a connection parses it once. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  readonly columns: readonly string[];
}

/** Names of the texts that were composed so far. There are as many as there are ways to go through the program. */
const names = new Map<string, string>();

/**
 * Composes one statement of a call that fences it and of parts, whose rows come as JSON in the columns `row0` and so on.
 *
 * The call comes first. A part may not read what another one writes: all see the tables as they were before.
 */
export function composeStatement(
  fence: { readonly call: string; readonly values: readonly unknown[] },
  parts: readonly Part[],
): ComposedStatement {
  const values = [...fence.values];
  const tables: string[] = [];
  const selected = [`${fence.call} as fence`];
  const columns = ['fence'];
  for (const [index, part] of parts.entries()) {
    const table = `part${index}`;
    tables.push(
      `${table} as (${renumber(part.sql, values.length)} returning ${part.returns === undefined ? 1 : '*'})`,
    );
    values.push(...part.values);
    if (part.mustChange !== undefined) {
      values.push(part.mustChange);
      selected.push(
        `ledger.expect_one((select count(*) from ${table}), $${values.length}) as expected${index}`,
      );
      columns.push(`expected${index}`);
    }
    if (part.returns !== undefined) {
      selected.push(`(select row_to_json(${table}) from ${table}) as row${index}`);
      columns.push(`row${index}`);
    }
  }
  const text = `${tables.length === 0 ? '' : `with ${tables.join(', ')} `}select ${selected.join(', ')}`;
  let name = names.get(text);
  if (name === undefined) names.set(text, (name = `ledger-${names.size + 1}`));
  return { name, text, values, columns };
}

function renumber(sql: string, by: number): string {
  return sql.replaceAll(/\$(\d+)/g, (_, number: string) => `$${Number(number) + by}`);
}

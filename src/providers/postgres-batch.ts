/**
 * Many statements in one message: a round trip for all of them, and still the one that failed is known.
 *
 * PostgreSQL answers each statement of a message in its order, so the number of answers before an error tells whose it
 * is; a position counts through the whole message. The rows of a COPY follow when PostgreSQL asks for them.
 * https://www.postgresql.org/docs/17/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT
 */
import { once } from 'node:events';
import type pg from 'pg';
import { asSqlError, type SqlError } from './postgres-errors.ts';

/** An open connection to a project's database. */
export type Connection = pg.Client;

export interface BatchStatement {
  readonly sql: string;
  /** The rows of a `COPY … FROM stdin`. */
  readonly copyData?: string | undefined;
}

/** PostgreSQL refused one statement of a batch. */
export class BatchError extends Error {
  override readonly name = 'BatchError';
  readonly index: number;
  readonly facts: SqlError;
  /** Where in the statement's own text, from 0. Undefined: PostgreSQL does not say. */
  readonly offset: number | undefined;

  constructor(failed: { index: number; offset: number | undefined }, facts: SqlError, cause: unknown) {
    super(facts.message, { cause });
    this.index = failed.index;
    this.offset = failed.offset;
    this.facts = facts;
  }
}

/** Runs them in one message. Throws a BatchError, or what the connection ended with. */
export async function runBatch(
  client: Connection,
  statements: readonly BatchStatement[],
  timeoutMs: number,
): Promise<void> {
  const batch = new Batch(statements, timeoutMs);
  await new Promise<void>((resolve, reject) => {
    batch.callback = (error) => {
      if (error === null) resolve();
      else reject(error);
    };
    client.query(batch);
  }).catch((error: unknown) => {
    const facts = asSqlError(error);
    throw facts === undefined ? error : new BatchError(batch.locate(facts.position), facts, error);
  });
}

/** The statements stand on lines of their own: one may end in a comment. */
const separator = '\n;\n';
const chunkBytes = 64 * 1024;

/** A query of our own make, by the driver's interface for such. */
class Batch implements pg.Submittable {
  callback: (error: Error | null) => void = () => {};
  /** The driver's name for it. */
  readonly query_timeout: number;
  readonly #statements: readonly BatchStatement[];
  readonly #over = new AbortController();
  #answered = 0;

  constructor(statements: readonly BatchStatement[], timeoutMs: number) {
    this.#statements = statements;
    this.query_timeout = timeoutMs;
  }

  /** `position`: as PostgreSQL counts it, in characters. */
  locate(position: number | undefined): { index: number; offset: number | undefined } {
    if (position === undefined) return { index: this.#answered, offset: undefined };
    let left = Array.from(this.#text)
      .slice(0, position - 1)
      .join('').length;
    for (const [index, { sql }] of this.#statements.entries()) {
      if (left <= sql.length) return { index, offset: left };
      left -= sql.length + separator.length;
    }
    return { index: this.#answered, offset: undefined };
  }

  get #text(): string {
    return this.#statements.map(({ sql }) => sql + separator).join('');
  }

  submit(connection: pg.Connection): void {
    connection.query(this.#text);
  }

  handleCommandComplete(): void {
    this.#answered += 1;
  }

  handleEmptyQuery(): void {
    this.#answered += 1;
  }

  handleError(error: Error): void {
    this.#over.abort();
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(null);
  }

  handleCopyInResponse(connection: pg.Connection): void {
    if (!isCopyConnection(connection)) throw new TypeError('this driver sends no rows');
    const rows = this.#statements[this.#answered]?.copyData;
    if (rows === undefined) connection.sendCopyFail('no rows stand below it');
    else void this.#sendRows(connection, Buffer.from(rows)).catch(() => {});
  }

  async #sendRows(connection: CopyConnection, rows: Buffer): Promise<void> {
    const { signal } = this.#over;
    for (let at = 0; at < rows.length && !signal.aborted; at += chunkBytes) {
      connection.sendCopyFromChunk(rows.subarray(at, at + chunkBytes));
      if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain', { signal });
    }
    if (!signal.aborted) connection.endCopyFrom();
  }

  // Rows that a statement gives are nobody's.
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCopyData(): void {}
}

/** The driver has these and its types do not. */
interface CopyConnection extends pg.Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

function isCopyConnection(connection: pg.Connection): connection is CopyConnection {
  return ['sendCopyFromChunk', 'endCopyFrom', 'sendCopyFail'].every(
    (name) => typeof Reflect.get(connection, name) === 'function',
  );
}

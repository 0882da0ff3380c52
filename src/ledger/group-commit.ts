/**
 * Group commit: what several runs write at about the same time goes to the database together, in one transaction.
 *
 * One batch of each kind is under way, and the next one takes what has come meanwhile; so nothing waits for company. It
 * saves a commit, two messages and their system calls for each statement but one. Where the database refuses one of a
 * batch it refuses all, and each is sent again by itself.
 */
import type { Duplex } from 'node:stream';
import pg, { type PoolClient } from 'pg';
import { lend, runStatement, type Pool } from './pool.ts';

/** A statement that may go with others. All its columns are JSON, or void. */
export interface GroupedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  readonly columns: readonly string[];
  readonly kind: 'accept' | 'claim' | 'intent' | 'record';
  /** Whatever it locks: batches lock in that order, so that none waits for another in a circle. */
  readonly provisioningId: string;
  /** Told when it has left. */
  readonly onSent?: (() => void) | undefined;
}

type Row = Readonly<Record<string, unknown>>;

/** Sends statements of transitions, each as a transaction by its looks. */
export interface Transitions {
  send(statement: GroupedStatement): Promise<Row>;
}

/** Each by itself. */
export function ungrouped(pool: Pool): Transitions {
  return {
    async send({ name, text, values, onSent }) {
      const { rows } = await runStatement<Row>(pool, { name, text, values: [...values] }, onSent);
      return rows[0] ?? {};
    },
  };
}

const mostAtOnce = 50;

/** A statement that takes longer, since its row is locked elsewhere, say, must not hold up those of others. */
const patienceMs = 100;

interface Waiting extends PromiseWithResolvers<Row> {
  readonly statement: GroupedStatement;
}

export function grouped(pool: Pool): Transitions {
  const lanes = new Map<string, { readonly waiting: Waiting[]; isBusy: boolean }>();
  const singly = ungrouped(pool);

  async function work(lane: { readonly waiting: Waiting[]; isBusy: boolean }): Promise<void> {
    if (lane.isBusy) return;
    lane.isBusy = true;
    while (lane.waiting.length > 0) {
      const timer = Promise.withResolvers<void>();
      const timeout = setTimeout(timer.resolve, patienceMs);
      await Promise.race([sendBatch(lane.waiting.splice(0, mostAtOnce)), timer.promise]);
      clearTimeout(timeout);
    }
    lane.isBusy = false;
  }

  async function sendBatch(batch: readonly Waiting[]): Promise<void> {
    if (batch.length === 1) return sendSingly(batch);
    const sorted = batch.toSorted((a, b) =>
      a.statement.provisioningId < b.statement.provisioningId ? -1 : 1,
    );
    let client: PoolClient;
    try {
      client = await pool.connect();
    } catch {
      // None has left.
      return sendSingly(sorted);
    }
    try {
      const rows = await sendTogether(
        client,
        sorted.map(({ statement }) => statement),
      );
      for (const [index, { resolve }] of sorted.entries()) resolve(rows[index] ?? {});
    } catch (error) {
      // Refused, so nothing of it is committed; after any other error nobody knows.
      if (isRefusal(error)) return sendSingly(sorted);
      for (const { reject } of sorted) reject(error);
    }
  }

  /** Each by itself; those of one provisioning in their order. */
  async function sendSingly(batch: readonly Waiting[]): Promise<void> {
    const byProvisioning = Map.groupBy(batch, ({ statement }) => statement.provisioningId);
    await Promise.all(
      [...byProvisioning.values()].map(async (statements) => {
        for (const one of statements) await settle(one, singly.send(one.statement));
      }),
    );
  }

  return {
    send(statement) {
      const lane = lanes.get(statement.kind) ?? { waiting: [], isBusy: false };
      lanes.set(statement.kind, lane);
      const one = { statement, ...Promise.withResolvers<Row>() };
      lane.waiting.push(one);
      void work(lane);
      return one.promise;
    },
  };
}

/** A pooler tells of a server that it has lost by an error too, perhaps after the commit. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof pg.DatabaseError && error.severity !== 'FATAL' && !/^(08|57P)/.test(error.code ?? '')
  );
}

async function settle({ resolve, reject }: Waiting, answered: Promise<Row>): Promise<void> {
  await answered.then(resolve, reject);
}

function sendTogether(client: PoolClient, statements: readonly GroupedStatement[]): Promise<readonly Row[]> {
  return lend(client, async (giveUp) => {
    const answered = Promise.withResolvers<readonly Row[]>();
    client.query(
      new Batch(statements, (error, rows) => {
        if (error == null) answered.resolve(rows);
        else answered.reject(error);
      }),
    );
    try {
      return await answered.promise;
    } catch (error) {
      // Which of its statements it has parsed is not known.
      giveUp(error);
      throw error;
    }
  });
}

/** A row that is locked elsewhere must not hold up the others: then each is sent by itself. */
const lockLimit = {
  name: 'lock-limit',
  text: "select set_config('lock_timeout', '100ms', true)",
  values: [],
} as const;

/**
 * Statements that are sent in one go and end in one Sync: by the protocol of PostgreSQL they are one transaction.
 *
 * A query object of node-postgres, as `pg-cursor` and `pg-query-stream` are.
 */
class Batch implements pg.Submittable {
  readonly #statements: readonly GroupedStatement[];
  readonly #answers: (readonly (string | null)[] | undefined)[] = [];
  #error: Error | undefined;
  #current: readonly (string | null)[] | undefined;
  /** Node-postgres replaces it where answers have a time limit. */
  callback: (error: Error | null | undefined, rows: readonly Row[]) => void;

  constructor(
    statements: readonly GroupedStatement[],
    callback: (error: Error | null | undefined, rows: readonly Row[]) => void,
  ) {
    this.#statements = statements;
    this.callback = callback;
  }

  submit(given: pg.Connection): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its types leave out what it is made of
    const connection = given as unknown as Connection;
    connection.stream.cork();
    for (const { name, text, values } of [lockLimit, ...this.#statements]) {
      if (connection.parsedStatements[name] === undefined) {
        connection.parse({ name, text, types: [] });
        connection.parsedStatements[name] = text;
      }
      connection.bind({ statement: name, values: values.map(encode) });
      connection.execute({});
    }
    connection.sync();
    connection.stream.uncork();
    for (const { onSent } of this.#statements) onSent?.();
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.#current = fields;
  }

  handleCommandComplete(): void {
    this.#answers.push(this.#current);
    this.#current = undefined;
  }

  handleError(error: Error): void {
    this.#error = error;
    this.callback(error, []);
  }

  handleReadyForQuery(): void {
    if (this.#error !== undefined) return;
    const [, ...answers] = this.#answers;
    this.callback(
      null,
      this.#statements.map(({ columns }, index) =>
        Object.fromEntries(columns.map((column, at) => [column, decode(answers[index]?.[at])])),
      ),
    );
  }
}

/** The connection that node-postgres hands to a query object. */
interface Connection {
  readonly stream: Pick<Duplex, 'cork' | 'uncork'>;
  readonly parsedStatements: Record<string, string | undefined>;
  parse(statement: { name: string; text: string; types: number[] }): void;
  sync(): void;
  bind(config: { statement: string; values: (string | null)[] }): void;
  execute(config: object): void;
}

/** The text of a value, as PostgreSQL reads it. */
function encode(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `{${value.map(encodeElement).join(',')}}`;
  throw new TypeError('a statement of a batch has a value of another kind');
}

function encodeElement(value: unknown): string {
  return `"${String(value).replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

function decode(text: string | null | undefined): unknown {
  return text == null || text === '' ? undefined : JSON.parse(text);
}

/** Reads a file of clients, CSV or JSON, and names every problem in it before anything is sent. Pure. */
import { createHash } from 'node:crypto';
import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';
import { callbackUrlText, onFailureField, orderFields } from '../../api/order.ts';
import type { Order } from '../orders.ts';

export interface Row {
  /** `line 3`, or `item 3` of a JSON file. */
  readonly where: string;
  readonly order: Order;
  /** The same for the same order, and for no other. */
  readonly hash: string;
}

export type Rows =
  | { readonly rows: readonly Row[]; readonly problems: readonly [] }
  | { readonly rows: readonly []; readonly problems: readonly string[] };

const orderSchema = z.strictObject(
  {
    ...orderFields,
    callbackUrl: callbackUrlText.optional(),
    onFailure: onFailureField.optional(),
  },
  { error: (issue) => (issue.code === 'unrecognized_keys' ? 'is not known' : undefined) },
);
type Column = keyof z.infer<typeof orderSchema>;

/** Spellings of a column, without case and without what is no letter. */
const columnNames: Readonly<Record<string, Column>> = {
  clientid: 'clientId',
  client: 'clientId',
  id: 'clientId',
  clientname: 'clientName',
  name: 'clientName',
  orgemail: 'orgEmail',
  email: 'orgEmail',
  tier: 'tier',
  callbackurl: 'callbackUrl',
  onfailure: 'onFailure',
};

interface RawRow {
  readonly where: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

class BadFile extends Error {}

export function readRows(bytes: Uint8Array, kind: 'csv' | 'json'): Rows {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const raw = kind === 'csv' ? readCsv(text) : readJson(text);
    return judge(raw);
  } catch (error) {
    if (error instanceof BadFile) return { rows: [], problems: [error.message] };
    if (error instanceof TypeError) return { rows: [], problems: ['the file is not UTF-8: save it as such'] };
    throw error;
  }
}

function readCsv(text: string): RawRow[] {
  const records = parseCsv(text);
  const [header, ...rest] = records;
  if (header === undefined) throw new BadFile('the file is empty: its first line must name the columns');
  const columns = header.cells.map(
    (cell) => columnNames[cell.toLowerCase().replaceAll(/[^a-z]/g, '')] ?? cell,
  );
  const unknown = columns.filter((column) => !Object.values(columnNames).some((known) => known === column));
  if (unknown.length > 0)
    throw new BadFile(
      `line ${header.line}: no column is called "${unknown.join('", "')}"; columns are ${Object.keys(orderSchema.shape).join(', ')}`,
    );
  const twice = columns.find((column, index) => columns.indexOf(column) < index);
  if (twice !== undefined) throw new BadFile(`line ${header.line}: there are two columns for ${twice}`);
  return rest.map(({ cells, line }) => {
    if (cells.length !== columns.length)
      throw new BadFile(`line ${line}: ${cells.length} cells, and the first line has ${columns.length}`);
    const given = columns.map((column, index) => [column, cells[index] ?? ''] as const);
    // An empty cell is a value that is not there.
    return { where: `line ${line}`, fields: Object.fromEntries(given.filter(([, cell]) => cell !== '')) };
  });
}

interface Line {
  readonly cells: readonly string[];
  readonly line: number;
}

const parsedCsv = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }));

function parseCsv(text: string): Line[] {
  try {
    const parsed: unknown = parse(text, {
      bom: true,
      // The names of columns have neither of them.
      delimiter: /^[^\r\n]*;/.test(text) ? ';' : ',',
      trim: true,
      info: true,
      skip_empty_lines: true,
      relax_column_count: true,
    });
    return parsedCsv.parse(parsed).map(({ record, info }) => ({ cells: record, line: info.lines }));
  } catch (error) {
    if (error instanceof CsvError) throw new BadFile(`the file is no CSV: ${error.message}`);
    throw error;
  }
}

function readJson(text: string): RawRow[] {
  const items = z.array(z.record(z.string(), z.unknown())).safeParse(parseJson(text.replace(/^\uFEFF/, '')));
  if (!items.success) throw new BadFile('the file must be a JSON list of objects, one per client');
  return items.data.map((fields, index) => ({ where: `item ${index + 1}`, fields }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadFile(`the file is no JSON: ${error instanceof Error ? error.message : ''}`);
  }
}

function judge(raw: readonly RawRow[]): Rows {
  if (raw.length === 0) return { rows: [], problems: ['the file names no client'] };
  const problems: string[] = [];
  const rows: Row[] = [];
  const seen = new Map<string, string>();
  for (const { where, fields } of raw) {
    const parsed = orderSchema.safeParse(fields);
    if (!parsed.success) {
      for (const issue of parsed.error.issues)
        problems.push(`${where}, ${columnOf(issue)}: ${messageOf(issue, fields)}`);
      continue;
    }
    const order = parsed.data;
    const earlier = seen.get(order.clientId);
    if (earlier !== undefined)
      problems.push(`${where}, clientId: ${order.clientId} is in ${earlier} already`);
    seen.set(order.clientId, where);
    rows.push({ where, order, hash: hashOf(order) });
  }
  return problems.length > 0 ? { rows: [], problems } : { rows, problems: [] };
}

function columnOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.map(String).join('.');
}

function messageOf(issue: z.core.$ZodIssue, fields: Readonly<Record<string, unknown>>): string {
  const [name = ''] = issue.path.map(String);
  return name !== '' && fields[name] === undefined ? 'is missing' : issue.message;
}

function hashOf({ clientId, clientName, orgEmail, tier, callbackUrl, onFailure }: Order): string {
  const parts = [clientId, clientName, orgEmail, tier, callbackUrl ?? null, onFailure ?? null];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The key by which the server knows a client's order again: the same for the same row and attempt. */
export function idempotencyKeyOf({ order, hash }: Row, attempt: number): string {
  return `batch-${order.clientId}-${hash}-${attempt}`;
}

/** `batch`: many clients from a file, in one go that can be stopped at any moment and taken up again. */
import { readFile } from 'node:fs/promises';
import pMap from 'p-map';
import type { Api } from '../api/client.ts';
import { askYesNo } from '../ask.ts';
import type { Cli } from '../context.ts';
import { CliError, exitCodes, usageError, type ExitCode } from '../exit.ts';
import { isMissing } from '../files.ts';
import { textTable } from '../../commands/text-table.ts';
import { canAsk } from '../surroundings.ts';
import { planRows, type Planned } from './plans.ts';
import { openProgress } from './progress.ts';
import { openResults, type Result } from './results.ts';
import { readRows, type Row } from './rows.ts';
import { runRow } from './run.ts';

export interface BatchOptions {
  readonly concurrency?: number;
  readonly planOnly?: boolean;
  /** False: `--no-plan`. */
  readonly plan?: boolean;
  readonly yes?: boolean;
  readonly results?: string;
}

const defaultConcurrency = 5;

/** Exit code 1 where any client did not end succeeded. */
export async function batch(cli: Cli, file: string, options: BatchOptions): Promise<ExitCode> {
  const rows = await readFileOfRows(file);
  const api = await cli.api();
  const resultsPath = options.results ?? `${file}.results.json`;
  const results = await openResults(resultsPath, api.url);
  const isDone = ({ order, hash }: Row) => {
    const known = results.find(order.clientId);
    return known?.outcome === 'succeeded' && known.hash === hash;
  };
  const pending = rows.filter((row) => !isDone(row));
  if (pending.length < rows.length)
    cli.say.remark(
      `${rows.length - pending.length} of ${rows.length} have succeeded already, says ${resultsPath}.`,
    );
  const { concurrency = defaultConcurrency } = options;
  const wanted = await choose(cli, api, pending, { ...options, concurrency });
  if (options.planOnly === true) return wanted.length === pending.length ? exitCodes.done : exitCodes.failed;
  if (wanted.length > 0) await confirmBatch(cli, wanted.length, options);
  const ended = await runAll(cli, wanted, { api, results, concurrency });
  const left = pending.filter((row) => !wanted.includes(row));
  describeEnd(cli, { ended, left, total: rows.length, resultsPath });
  return rows.every(isDone) ? exitCodes.done : exitCodes.failed;
}

async function readFileOfRows(file: string): Promise<readonly Row[]> {
  const kind = /\.json$/i.test(file) ? 'json' : 'csv';
  const { rows, problems } = readRows(await readBytes(file), kind);
  if (problems.length > 0)
    throw usageError(
      [`${file} cannot be used, and nothing was sent:`, ...problems.map((p) => `  ${p}`)].join('\n'),
    );
  return rows;
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    if (isMissing(error)) throw usageError(`There is no file ${file}.`);
    throw error;
  }
}

/** The rows to order: all, or those that a plan lets through. */
async function choose(
  cli: Cli,
  api: Api,
  rows: readonly Row[],
  { plan = true, planOnly = false, concurrency }: BatchOptions & { readonly concurrency: number },
): Promise<readonly Row[]> {
  if ((!plan && !planOnly) || rows.length === 0) return rows;
  const { say, surroundings } = cli;
  const progress = openProgress(cli, 'Planning', rows.length);
  const { planned, obstacles } = await progress.during(() =>
    planRows(api, rows, concurrency, surroundings.signal, () => progress.step(true)),
  );
  describePlans(cli, planned, planOnly);
  if (obstacles.length > 0) {
    for (const { what, fix } of obstacles) say.remark(`✗ ${what}\n    ${fix}`);
    throw new CliError(
      exitCodes.failed,
      'No client would get through, so none was ordered. Mend this first, or give --no-plan.',
    );
  }
  const open = planned.filter(({ verdict }) => (planOnly ? verdict.is === 'free' : verdict.is !== 'blocked'));
  return open.map(({ row }) => row);
}

/** Plans are a result where nothing else was asked for, and else what the question is about. */
function describePlans({ say }: Cli, planned: readonly Planned[], isResult: boolean): void {
  const marks = { free: '+', taken: '=', blocked: '✗' };
  const rows = planned.map(({ row, verdict }) => [marks[verdict.is], row.order.clientId, verdict.words]);
  const lines = textTable(['', 'CLIENT', 'PLAN'], rows);
  for (const line of lines)
    if (isResult) say.line(line);
    else say.remark(line);
  if (isResult) for (const { body } of planned) say.documentLine(body);
}

async function confirmBatch(cli: Cli, count: number, { yes = false }: BatchOptions): Promise<void> {
  if (yes) return;
  if (!canAsk(cli.surroundings))
    throw usageError(`Give --yes to order ${count} client(s) without being asked. Nothing was ordered.`);
  if (!(await askYesNo(cli.surroundings, `Order ${count} client(s)?`)))
    throw new CliError(exitCodes.failed, 'Nothing was ordered.');
}

interface Running {
  readonly api: Api;
  readonly results: Awaited<ReturnType<typeof openResults>>;
  readonly concurrency: number;
}

interface EndedClient {
  readonly clientId: string;
  readonly result: Result;
}

async function runAll(
  cli: Cli,
  rows: readonly Row[],
  { api, results, concurrency }: Running,
): Promise<readonly EndedClient[]> {
  if (rows.length === 0) return [];
  const { say, surroundings } = cli;
  const { signal } = surroundings;
  // All of them together look a few times in a second.
  const run = { api, results, signal, pollMs: Math.max(1000, 300 * concurrency) };
  const progress = openProgress(cli, 'Provisioning', rows.length);
  try {
    return await progress.during(() =>
      pMap(
        rows,
        async (row) => {
          const { clientId } = row.order;
          const { result, body } = await runRow(row, run);
          progress.step(result.outcome === 'succeeded', `${clientId}  ${result.reason ?? result.outcome}`);
          say.documentLine({ clientId, ...result, provisioning: body ?? null });
          return { clientId, result };
        },
        { concurrency, signal },
      ),
    );
  } catch (error) {
    say.remark('Stopped. What was ordered goes on by itself; start again with the same file to go on here.');
    throw error;
  }
}

interface End {
  readonly ended: readonly EndedClient[];
  /** Not ordered, since their plans were blocked. */
  readonly left: readonly Row[];
  readonly total: number;
  readonly resultsPath: string;
}

function describeEnd({ say }: Cli, { ended, left, total, resultsPath }: End): void {
  const rows = [
    ...ended
      .filter(({ result }) => result.outcome !== 'succeeded')
      .map(({ clientId, result }) => [clientId, result.outcome, result.reason ?? '']),
    ...left.map(({ order }) => [order.clientId, 'not ordered', 'see its plan above']),
  ].map(([client = '', outcome = '', reason = '']) => [client, outcome, reason.split('\n')[0] ?? '']);
  if (rows.length > 0) for (const line of textTable(['CLIENT', 'OUTCOME', 'WHY'], rows)) say.line(line);
  say.line(`${total - rows.length} of ${total} succeeded. All of it is in ${resultsPath}.`);
}

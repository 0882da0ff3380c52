/** The commands that look at clients: `list`, `show`, `watch`, `timeline`. */
import { z } from 'zod';
import { textTable } from '../../commands/text-table.ts';
import {
  provisioningPage,
  timelineShown,
  type ShownProvisioning,
  type ShownTimeline,
} from '../api/answers.ts';
import type { Answer, Api } from '../api/client.ts';
import { findProvisioning } from '../clients.ts';
import { read, type Cli } from '../context.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { hasEndedWell, stateWords } from '../progress/outcome.ts';
import { watchProvisioning } from '../progress/watch.ts';
import { describeProvisioning, describeState, shortTime } from '../words.ts';
import { callNewer } from './newer.ts';

export interface ListOptions {
  readonly state?: string;
  readonly q?: string;
  readonly limit?: number;
  readonly all?: boolean;
}

/** Clients, the newest first. */
export async function list(cli: Cli, options: ListOptions): Promise<ExitCode> {
  const { say } = cli;
  const { shown, document, hasMore } = await readPages(await cli.api(), options);
  say.document(document);
  if (shown.length === 0) say.line('There is none.');
  else for (const line of tableOf(shown)) say.line(line);
  if (hasMore) say.remark('There are more: give --all, or a greater --limit.');
  return exitCodes.done;
}

const rawPage = z.looseObject({ items: z.array(z.unknown()) });
const longestPage = 100;

async function readPages(api: Api, { state, q, limit = 20, all = false }: ListOptions) {
  const most = all ? Infinity : limit;
  const shown: ShownProvisioning[] = [];
  const items: unknown[] = [];
  let nextCursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(Math.min(most - shown.length, longestPage)) });
    if (state !== undefined) query.set('state', state);
    if (q !== undefined) query.set('q', q);
    if (nextCursor !== null) query.set('cursor', nextCursor);
    const answer: Answer = await api.call({ path: `/api/provisioning?${query.toString()}` });
    const page = read(provisioningPage, answer);
    shown.push(...page.items);
    items.push(...read(rawPage, answer).items);
    nextCursor = page.nextCursor;
  } while (nextCursor !== null && shown.length < most);
  return { shown, document: { items, nextCursor }, hasMore: nextCursor !== null };
}

function tableOf(items: readonly ShownProvisioning[]): string[] {
  const rows = items.map((item) => [
    item.clientId,
    stateWords(item),
    item.clientName,
    item.tier,
    shortTime(item.createdAt),
    item.failure === null ? '' : `${item.failure.step}: ${item.failure.code}`,
  ]);
  return textTable(['CLIENT', 'STATE', 'NAME', 'TIER', 'CREATED (UTC)', 'FAILURE'], rows);
}

/** One client with all that is known of it. */
export async function show(cli: Cli, client: string): Promise<ExitCode> {
  const { shown, answer } = await findProvisioning(await cli.api(), client);
  cli.say.document(answer.body);
  describeProvisioning(cli.say, shown);
  return exitCodes.done;
}

/** Follows one client until nothing more happens by itself. */
export async function watch(cli: Cli, client: string): Promise<ExitCode> {
  const api = await cli.api();
  const { shown } = await findProvisioning(api, client);
  const last = await watchProvisioning(cli, api, shown.id);
  describeState(cli.say, last.shown);
  return hasEndedWell(last.shown) ? exitCodes.done : exitCodes.failed;
}

/** Attempts and waits of one client's steps and undos. */
export async function timeline(cli: Cli, client: string): Promise<ExitCode> {
  const api = await cli.api();
  const { shown } = await findProvisioning(api, client);
  const answer = await callNewer(api, { path: `/api/provisioning/${shown.id}/timeline` });
  cli.say.document(answer.body);
  for (const line of timelineTable(read(timelineShown, answer))) cli.say.line(line);
  return exitCodes.done;
}

/** One line per attempt and per wait. Pure. */
export function timelineTable({ items }: ShownTimeline): string[] {
  const rows = items.flatMap(({ step, direction, entries }) =>
    entries.map(({ kind, attempt, for: what, begin, end, endedAs, error }) => [
      direction === 'undo' ? `undo of ${step}` : step,
      kind === 'wait' ? `wait for ${what ?? 'the next attempt'}` : `attempt ${attempt ?? ''}`.trimEnd(),
      begin.slice(11, 19),
      end == null ? 'goes on' : `${((Date.parse(end) - Date.parse(begin)) / 1000).toFixed(1)} s`,
      error == null ? (endedAs ?? '') : `${error.code}: ${error.message}`,
    ]),
  );
  return textTable(['STEP', 'WHAT', 'BEGAN (UTC)', 'TOOK', 'ENDED'], rows);
}

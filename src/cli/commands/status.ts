/** `status`: what needs somebody, how many clients there are, and how the service is. */
import { summaryShown, type ShownSummary } from '../api/answers.ts';
import { read, type Cli } from '../context.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import type { Say } from '../say.ts';
import { inCommands, shortTime } from '../words.ts';
import { callNewer } from './newer.ts';

/** Exit code 0 also where something needs somebody: it was asked for and told. */
export async function status(cli: Cli): Promise<ExitCode> {
  const answer = await callNewer(await cli.api(), { path: '/api/summary' });
  const summary = read(summaryShown, answer);
  cli.say.document(answer.body);
  describeAttention(cli.say, summary);
  const counts = Object.entries(summary.counts).map(([state, count]) => `${wordsOf(state)} ${count}`);
  if (counts.length > 0) cli.say.line(`\n${counts.join(', ')}`);
  for (const { ok, words } of healthOf(summary.health))
    cli.say.line(`${ok ? cli.say.style('green', '✓') : cli.say.style('red', '✗')} ${words}`);
  const { version } = summary;
  if (version !== undefined) cli.say.line(`version ${version.package} ${version.commit ?? ''}`.trimEnd());
  return exitCodes.done;
}

function describeAttention(say: Say, { attention }: ShownSummary): void {
  if (attention.length === 0) say.line('Nothing needs you.');
  for (const { clientId, headline, reason, whatToDo, since } of attention) {
    say.line(`${say.style(['bold', 'red'], clientId)}  ${headline}  ${shortTime(since)}`.trimEnd());
    if (reason != null && reason !== '') say.line(`  ${reason}`);
    if (whatToDo != null && whatToDo !== '') say.line(`  What to do: ${inCommands(whatToDo, clientId)}`);
  }
}

/** `inProgress` as `in progress`. */
function wordsOf(state: string): string {
  return state.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

export interface Health {
  readonly ok: boolean;
  readonly words: string;
}

/** A line for each part of the service that the summary tells of. */
export function healthOf(health: ShownSummary['health']): Health[] {
  const { ledger, queue, workers, providers = [], orphans } = health;
  const lines: Health[] = [];
  if (ledger !== undefined)
    lines.push({ ok: ledger.ok, words: ledger.ok ? `ledger, ${ledger.ms ?? '?'} ms` : 'the ledger is away' });
  if (queue !== undefined) {
    const { ok, kind = '', waiting = 0, active = 0, delayed = 0 } = queue;
    const jobs = `queue in ${kind}: ${waiting} waiting, ${active} active, ${delayed} delayed`;
    lines.push({ ok, words: ok ? jobs : 'the queue is away' });
  }
  if (workers !== undefined) {
    const versions = [...new Set(workers.map(({ version }) => version ?? 'unknown'))].join(', ');
    const words =
      workers.length === 0 ? 'no worker is running' : `${workers.length} worker(s), version ${versions}`;
    lines.push({ ok: workers.length > 0, words });
  }
  for (const { provider, ok, failing } of providers)
    if (ok != null)
      lines.push({
        ok,
        words: ok ? provider : `${provider}: ${failing ?? 'some'} of its checks failed: preflight`,
      });
  if (orphans?.count != null)
    lines.push({ ok: orphans.count === 0, words: `${orphans.count} orphan(s) at the providers` });
  return lines;
}

/** `callbacks`: what a client's caller was told, and telling it again. */
import { textTable } from '../../commands/text-table.ts';
import { callbacksShown } from '../api/answers.ts';
import { findProvisioning } from '../clients.ts';
import { read, type Cli } from '../context.ts';
import { CliError, exitCodes, type ExitCode } from '../exit.ts';
import { shortTime } from '../words.ts';

export interface CallbackOptions {
  /** The id of one. */
  readonly redeliver?: string;
  /** All that were not delivered. */
  readonly redeliverAll?: boolean;
}

export async function callbacks(cli: Cli, client: string, options: CallbackOptions): Promise<ExitCode> {
  const api = await cli.api();
  const { say } = cli;
  const { shown } = await findProvisioning(api, client);
  const path = `/api/provisioning/${shown.id}/callbacks`;
  let answer = await api.call({ path });
  const wanted = read(callbacksShown, answer).items.filter(({ id, state }) =>
    options.redeliverAll === true ? state === 'failed' || state === 'stopped' : id === options.redeliver,
  );
  if (options.redeliver !== undefined && wanted.length === 0)
    throw new CliError(exitCodes.notFound, `${shown.clientId} has no callback ${options.redeliver}.`);
  for (const { id } of wanted) answer = await api.call({ method: 'POST', path: `${path}/${id}/redeliver` });
  say.document(answer.body);
  const { items } = read(callbacksShown, answer);
  if (items.length === 0) say.line('Nobody asked to be called.');
  else {
    const rows = items.map((item) => [
      String(item.sequence),
      item.type,
      item.state,
      String(item.attemptCount),
      lastWords(item.attempts),
      shortTime(item.deliveredAt ?? item.nextAttemptAt),
      item.id,
    ]);
    const header = ['', 'TYPE', 'STATE', 'ATTEMPTS', 'LAST ANSWER', 'DELIVERED OR NEXT (UTC)', 'ID'];
    for (const line of textTable(header, rows)) say.line(line);
  }
  if (wanted.length > 0) say.line(`Sent again: ${wanted.length}.`);
  else if (options.redeliverAll === true) say.line('All were delivered, or still are on their way.');
  return exitCodes.done;
}

function lastWords(attempts: readonly { status: number | null; error: string | null }[]): string {
  const last = attempts.at(-1);
  return last === undefined ? '' : (last.error ?? String(last.status ?? ''));
}

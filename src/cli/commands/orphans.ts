/** `orphans`: what looks like ours at the providers, and is nobody's. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { textTable } from '../../commands/text-table.ts';
import { orphansShown } from '../api/answers.ts';
import type { Answer, Api } from '../api/client.ts';
import { read, type Cli } from '../context.ts';
import { CliError, exitCodes, type ExitCode } from '../exit.ts';
import { shortTime } from '../words.ts';
import { callNewer } from './newer.ts';

/** The last look of a worker, or with `--look` one that is made now. Exit code 1 where there are orphans or errors. */
export async function orphans(cli: Cli, options: { readonly look?: boolean }): Promise<ExitCode> {
  const api = await cli.api();
  const { say } = cli;
  const answer = options.look === true ? await lookNow(cli, api) : await api.call({ path: '/api/orphans' });
  const { checkedAt, items, errors } = read(orphansShown, answer);
  say.document(answer.body);
  say.line(checkedAt === null ? 'No worker has looked yet.' : `Looked at ${shortTime(checkedAt)} (UTC).`);
  const rows = items.map(({ kind, name, externalId, url }) => [kind, name, externalId, url ?? '']);
  if (rows.length > 0) for (const line of textTable(['KIND', 'NAME', 'ID', 'WHERE'], rows)) say.line(line);
  else if (checkedAt !== null && errors.length === 0) say.line('There is none.');
  for (const error of errors) say.line(`Could not be looked at: ${JSON.stringify(error)}`);
  if (rows.length > 0)
    say.remark('Delete one on the server: npm run orphans -- --delete <kind>/<id> --confirm "<name>"');
  return rows.length === 0 && errors.length === 0 ? exitCodes.done : exitCodes.failed;
}

const lookShown = z.looseObject({ checkedAt: z.string().nullable() });
const longestLookMs = 120_000;

/** Asks for a look, and waits for its report: a worker begins soon. */
async function lookNow({ say, surroundings: { signal } }: Cli, api: Api): Promise<Answer> {
  const asked = await callNewer(api, { method: 'POST', path: '/api/orphans/look' });
  const before = read(lookShown, asked).checkedAt;
  say.remark('A worker looks…');
  const givenUpAt = performance.now() + longestLookMs;
  while (performance.now() < givenUpAt) {
    const answer = await api.call({ path: '/api/orphans' });
    if (read(lookShown, answer).checkedAt !== before) return answer;
    await delay(1000, undefined, { signal });
  }
  throw new CliError(
    exitCodes.away,
    'No worker has reported within two minutes. Is one running? Run "doctor".',
  );
}

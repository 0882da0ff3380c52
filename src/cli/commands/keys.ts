/** `keys`: the keys of the API, for admins. */
import { z } from 'zod';
import { textTable } from '../../commands/text-table.ts';
import { keysShown } from '../api/answers.ts';
import { read, type Cli } from '../context.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { shortTime } from '../words.ts';
import { callNewer } from './newer.ts';

export async function listKeys(cli: Cli): Promise<ExitCode> {
  const answer = await callNewer(await cli.api(), { path: '/api/keys' });
  cli.say.document(answer.body);
  const rows = read(keysShown, answer).items.map((key) => [
    key.id,
    key.name,
    key.role,
    key.state ?? '',
    shortTime(key.createdAt),
    key.expiresAt == null ? 'never' : shortTime(key.expiresAt),
    key.lastUsedAt == null ? 'never' : shortTime(key.lastUsedAt),
  ]);
  const header = ['ID', 'NAME', 'ROLE', 'STATE', 'CREATED', 'EXPIRES', 'LAST USED'];
  for (const line of textTable(header, rows)) cli.say.line(line);
  return exitCodes.done;
}

const madeKey = z.looseObject({ key: z.string() });

/** Makes a key and shows it, this once: on stdout alone, so that it can be sent on. */
export async function createKey(
  cli: Cli,
  options: { readonly name: string; readonly role: string; readonly expiresInDays?: number },
): Promise<ExitCode> {
  const { name, role, expiresInDays } = options;
  const answer = await callNewer(await cli.api(), {
    method: 'POST',
    path: '/api/keys',
    body: { name, role, ...(expiresInDays === undefined ? {} : { expiresInDays }) },
    // A lost answer holds a key that nobody will see: another one is made knowingly.
    isRepeatable: false,
  });
  cli.say.document(answer.body);
  cli.say.line(read(madeKey, answer).key);
  cli.say.remark('This key is not shown again.');
  return exitCodes.done;
}

export async function revokeKey(cli: Cli, id: string): Promise<ExitCode> {
  const api = await cli.api();
  const answer = await api.call({ method: 'DELETE', path: `/api/keys/${encodeURIComponent(id)}` });
  cli.say.document(answer.body ?? { id, revoked: true });
  cli.say.line(`Revoked: ${id}.`);
  return exitCodes.done;
}

/** The acts of `npm run keys`, and what it says about each. */
import type { EncryptionKey } from '../../config.ts';
import { listApiKeys, makeApiKey, revokeApiKey } from '../../ledger/api-keys.ts';
import { commandActor } from '../../ledger/audit.ts';
import type { Pool, Queryable } from '../../ledger/pool.ts';
import { listKeyIdsInUse, rotateSecrets } from '../../ledger/secret-rotation.ts';
import { textTable } from '../text-table.ts';
import type { WantedKey } from './options.ts';

export interface Report {
  /** For programs too. */
  readonly result?: string;
  /** For people. */
  readonly remark?: string;
  /** Default true. */
  readonly isDone?: boolean;
}

export async function createKey(pool: Pool, wanted: WantedKey): Promise<Report> {
  const { row, key } = await makeApiKey(pool, wanted, commandActor);
  const end = row.expires_at === null ? 'does not expire' : `expires at ${timeText(row.expires_at)}`;
  return { result: key, remark: `This key (id ${row.id}, ${row.role}) ${end}. It is not shown again.` };
}

export async function listKeys(db: Queryable): Promise<Report> {
  const keys = await listApiKeys(db);
  if (keys.length === 0) return { remark: 'There are no keys.' };
  const rows = keys.map((key) => [
    key.id,
    key.name,
    key.role,
    key.state,
    timeText(key.created_at),
    key.expires_at === null ? 'never' : timeText(key.expires_at),
    key.last_used_at === null ? 'never' : timeText(key.last_used_at),
  ]);
  const header = ['ID', 'NAME', 'ROLE', 'STATE', 'CREATED', 'EXPIRES', 'LAST USED'];
  return { result: textTable(header, rows).join('\n') };
}

export async function revokeKey(pool: Pool, id: string): Promise<Report> {
  const revoked = await revokeApiKey(pool, id, commandActor);
  if (revoked?.revoked_at == null) return { remark: `There is no key ${id}.`, isDone: false };
  return { remark: `The key ${id} (${revoked.name}) was revoked at ${timeText(revoked.revoked_at)}.` };
}

export async function rotateEncryption(db: Queryable, keys: readonly EncryptionKey[]): Promise<Report> {
  const { rotated, unreadable } = await rotateSecrets(db, keys);
  const inUse = await listKeyIdsInUse(db);
  const [current, ...old] = keys.map(({ id }) => id);
  const free = old.filter((id) => !inUse.includes(id));
  const lines = [
    `${rotated} secret(s) encrypted anew with the key ${current}.`,
    ...[...unreadable].map(
      ([id, count]) =>
        `${count} secret(s) of the key ${id} cannot be read: ENCRYPTION_KEYS lacks that key, or has another one under that id.`,
    ),
    ...(free.length === 0
      ? []
      : [
          `No secret needs ${free.join(', ')} any more. When every worker runs with ${current} first, run this once more, ` +
            'and take out of ENCRYPTION_KEYS what it names here then.',
        ]),
  ];
  return { remark: lines.join('\n'), isDone: unreadable.size === 0 };
}

function timeText(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

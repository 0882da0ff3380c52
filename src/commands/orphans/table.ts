/** A report as people read it in a terminal. */
import type { Orphan, OrphanReport } from '../../ledger/orphans.ts';
import { textTable } from '../text-table.ts';

export function tableOf({ checkedAt, items, errors }: OrphanReport): string {
  const header = ['KIND', 'ID', 'NAME', 'AGE', 'EVIDENCE', 'NOTE'];
  const rows = items.map((item) => [
    item.kind,
    item.externalId,
    item.name,
    ageOf(item, checkedAt),
    item.evidence,
    item.note ?? '',
  ]);
  const lines = textTable(header, rows);
  const failures = errors.map(({ kind, message }) => `NOT LOOKED THROUGH: ${kind}: ${message}`);
  const summary = errors.length > 0 ? 'The list is not whole.' : `${items.length} found.`;
  return [...(items.length === 0 ? [] : lines), ...failures, summary, ''].join('\n');
}

function ageOf({ createdAt }: Orphan, checkedAt: Date | undefined): string {
  if (createdAt === null || checkedAt === undefined) return '?';
  const hours = Math.max(0, (checkedAt.getTime() - Date.parse(createdAt)) / 3_600_000);
  return hours < 48 ? `${hours.toFixed(1)} h` : `${Math.floor(hours / 24)} d`;
}

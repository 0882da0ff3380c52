/** The audit as the API shows it: rows of JSON, or lines of CSV. */
import { z } from 'zod';
import { auditActions, type AuditRow } from '../ledger/audit.ts';

export const auditAnswer = z
  .strictObject({
    id: z.string(),
    at: z.iso.datetime(),
    by: z.string().meta({
      description:
        '`admin-key`, `key:<id>` or `jwt:<subject>`; `command` for a command line; `nobody` where a sign-in failed.',
    }),
    action: z.enum(auditActions),
    clientId: z.string().nullable(),
    provisioningId: z.uuid().nullable(),
    address: z.string().nullable().meta({ description: 'Whoever was connected. null: a command.' }),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditRow' });
type ShownAudit = z.infer<typeof auditAnswer>;

export function presentAudit(row: AuditRow): ShownAudit {
  const { id, by, action, detail } = row;
  return {
    id,
    at: row.at.toISOString(),
    by,
    action,
    clientId: row.client_id ?? null,
    provisioningId: row.provisioning_id ?? null,
    address: row.address ?? null,
    detail,
  };
}

const columns = ['id', 'at', 'by', 'action', 'clientId', 'provisioningId', 'address', 'detail'] as const;

/** The first line of the CSV: the names of its columns. */
export const auditCsvHeader = csvLine(columns);

export function auditCsvLine(row: AuditRow): string {
  const shown = { ...presentAudit(row), detail: JSON.stringify(row.detail) };
  return csvLine(columns.map((column) => shown[column] ?? ''));
}

/**
 * A line as RFC 4180 has it. A cell that a spreadsheet would take for a formula begins with an apostrophe.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
function csvLine(cells: readonly string[]): string {
  const harmless = cells.map((cell) => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell));
  return `${harmless.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`;
}

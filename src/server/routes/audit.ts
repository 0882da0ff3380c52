/** `/api/audit`: who has done what, as pages of JSON or as one file of CSV. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { pageOf } from '../../api/answers.ts';
import { auditAnswer, auditCsvHeader, auditCsvLine, presentAudit } from '../../api/audit.ts';
import { auditActions, listAudit, type AuditFilter, type AuditRow } from '../../ledger/audit.ts';
import type { Pool } from '../../ledger/pool.ts';
import { clientIdPattern, longestClientId } from '../../provisioning.ts';
import type { Deps } from '../deps.ts';
import { limitParameter, timeParameter } from '../requests.ts';
import { defineRoute, type AnyRoute } from '../route.ts';

const rowsAtOnce = 500;

const auditQuery = z.strictObject({
  by: z
    .string()
    .regex(/^[\x21-\x7e]{1,210}$/, 'must be a caller as the audit names it')
    .optional(),
  action: z.enum(auditActions).optional(),
  clientId: z.string().max(longestClientId).regex(clientIdPattern, 'is no client id').optional(),
  since: timeParameter.optional().meta({ description: 'From then on.' }),
  until: timeParameter.optional().meta({ description: 'Before then.' }),
  limit: limitParameter(500, 100),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'is not a cursor of this list')
    .optional(),
});

export function auditRoutes(deps: Deps): AnyRoute[] {
  const list = defineRoute({
    method: 'get',
    path: '/api/audit',
    permission: 'read-audit',
    operationId: 'listAudit',
    tag: 'access',
    summary: 'Lists who has done what, newest first',
    description: 'With `Accept: text/csv` all rows that match, as one file; `limit` does not count there.',
    query: auditQuery,
    headers: { Accept: '`text/csv` for a file.' },
    answers: {
      200: { description: 'A page; or the file.', schema: pageOf(auditAnswer), alsoAs: 'text/csv' },
    },
    async handle({ query: { limit, cursor, ...filter }, request, response }) {
      const after = { ...filter, after: cursor };
      const wanted = request.accepts(['application/json', 'text/csv']);
      // A HEAD has no body that could be streamed.
      if (wanted === 'text/csv' && request.method === 'GET') {
        const first = await listAudit(deps.pool, after, rowsAtOnce);
        response.type('text/csv').set('Content-Disposition', 'attachment; filename="audit.csv"');
        // A reader that has not got all of it sees its connection break off.
        await pipeline(Readable.from(csvOf(deps.pool, after, first)), response).catch((error: unknown) => {
          request.log.warn({ err: error }, 'an export of the audit has broken off');
        });
        return undefined;
      }
      const rows = await listAudit(deps.pool, after, limit + 1);
      const shown = rows.slice(0, limit);
      const nextCursor = rows.length > limit ? (shown.at(-1)?.id ?? null) : null;
      return { status: 200, body: { items: shown.map(presentAudit), nextCursor } };
    },
  });
  return [list];
}

/** Page after page, as fast as they are read. */
async function* csvOf(pool: Pool, filter: AuditFilter, first: readonly AuditRow[]): AsyncGenerator<string> {
  yield auditCsvHeader;
  for (let page = first; page.length > 0;) {
    yield page.map(auditCsvLine).join('');
    if (page.length < rowsAtOnce) return;
    page = await listAudit(pool, { ...filter, after: page.at(-1)?.id }, rowsAtOnce);
  }
}

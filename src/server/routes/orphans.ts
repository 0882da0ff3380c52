/** `/api/orphans`: what a worker has last found at the providers that nothing in the ledger owns. */
import { orphansAnswer } from '../../api/answers.ts';
import { presentOrphans } from '../../api/present.ts';
import { readOrphanReport } from '../../ledger/orphans.ts';
import type { Deps } from '../deps.ts';
import { defineRoute, type AnyRoute } from '../route.ts';

export function orphanRoutes(deps: Deps): AnyRoute[] {
  const list = defineRoute({
    method: 'get',
    path: '/api/orphans',
    role: 'viewer',
    operationId: 'listOrphans',
    tag: 'operator',
    summary: 'Lists what looks like ours at the providers and is nobody’s',
    answers: { 200: { description: 'The newest look of a worker.', schema: orphansAnswer } },
    handle: async () => ({ status: 200, body: presentOrphans(await readOrphanReport(deps.pool)) }),
  });
  return [list];
}

/** `/api/orphans`: what a worker has last found at the providers that nothing in the ledger owns; and another look. */
import { orphanLookAnswer, orphansAnswer } from '../../api/answers.ts';
import { presentOrphans } from '../../api/present.ts';
import { askForOrphanScan, readOrphanReport } from '../../ledger/orphans.ts';
import { actorOf } from '../auth/caller.ts';
import type { Deps } from '../deps.ts';
import { defineRoute, type AnyRoute } from '../route.ts';

export function orphanRoutes(deps: Deps): AnyRoute[] {
  const list = defineRoute({
    method: 'get',
    path: '/api/orphans',
    permission: 'read',
    operationId: 'listOrphans',
    tag: 'operator',
    summary: 'Lists what looks like ours at the providers and is nobody’s',
    answers: { 200: { description: 'The newest look of a worker.', schema: orphansAnswer } },
    handle: async () => ({ status: 200, body: presentOrphans(await readOrphanReport(deps.pool)) }),
  });

  const look = defineRoute({
    method: 'post',
    path: '/api/orphans/look',
    permission: 'operate',
    operationId: 'lookForOrphans',
    tag: 'operator',
    summary: 'Has a worker look for orphans now',
    description:
      'A worker begins within SWEEP_INTERVAL_MS. `GET /api/orphans` has its report once `checkedAt` there is another.',
    answers: { 202: { description: 'It is asked for, or was already.', schema: orphanLookAnswer } },
    async handle({ caller, request }) {
      const { checkedAt, isNew } = await askForOrphanScan(deps.pool, actorOf(caller, request));
      return { status: 202, body: { checkedAt: checkedAt?.toISOString() ?? null, isNew } };
    },
  });

  return [list, look];
}

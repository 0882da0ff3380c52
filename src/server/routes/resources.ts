/** `/api/provisioning/{id}/resources/{resourceId}/forget`: an operator takes a resource off the list by hand. */
import { z } from 'zod';
import { provisioningAnswer } from '../../api/answers.ts';
import { plainText } from '../../api/order.ts';
import { forgetResource } from '../../ledger/forget.ts';
import { actorOf } from '../auth/caller.ts';
import type { Deps } from '../deps.ts';
import { Problem } from '../problem.ts';
import { provisioningId } from '../requests.ts';
import { defineRoute, type AnyRoute } from '../route.ts';
import { actAndTell } from '../tell-caller.ts';
import { readShown } from './shown.ts';

export function resourceRoutes(deps: Deps): AnyRoute[] {
  const forget = defineRoute({
    method: 'post',
    path: '/api/provisioning/{id}/resources/{resourceId}/forget',
    permission: 'administer',
    operationId: 'forgetResource',
    tag: 'operator',
    summary: 'Takes a resource off the list: no rollback deletes it, and none waits for it',
    description: 'When it was the last one that an incomplete rollback had left, the rollback is complete.',
    params: z.strictObject({ id: provisioningId, resourceId: provisioningId }),
    body: z.strictObject({ reason: plainText(500).meta({ description: 'It stays in the history.' }) }),
    answers: { 200: { description: 'It is forgotten.', schema: provisioningAnswer } },
    problems: { 409: '`wrong-state`: the provisioning is under way, or it is deleted already.' },
    async handle({ params: { id, resourceId }, caller, request, body: { reason } }) {
      const ids = { provisioningId: id, resourceId };
      const forgetting = await actAndTell(deps, id, (report) =>
        forgetResource(deps.pool, ids, { ...actorOf(caller, request), reason }, report),
      );
      if (forgetting.is === 'refused') throw new Problem(409, 'wrong-state', forgetting.because);
      if (forgetting.is === 'not-there')
        throw new Problem(404, 'not-found', 'There is no such provisioning, or no such resource of it.');
      return { status: 200, body: await readShown(deps, id) };
    },
  });
  return [forget];
}

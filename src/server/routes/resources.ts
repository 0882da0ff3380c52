/** `/api/provisioning/{id}/resources/{resourceId}/forget`: an operator takes a resource off the list by hand. */
import { z } from 'zod';
import { provisioningAnswer } from '../../api/answers.ts';
import { reportChange } from '../../api/report.ts';
import { forgetResource } from '../../ledger/forget.ts';
import type { Deps } from '../deps.ts';
import { Problem } from '../problem.ts';
import { plainText, provisioningId } from '../requests.ts';
import { sendSoon } from '../send-soon.ts';
import { defineRoute, type AnyRoute } from '../route.ts';
import { readShown } from './shown.ts';

export function resourceRoutes(deps: Deps): AnyRoute[] {
  const forget = defineRoute({
    method: 'post',
    path: '/api/provisioning/{id}/resources/{resourceId}/forget',
    role: 'admin',
    operationId: 'forgetResource',
    tag: 'operator',
    summary: 'Takes a resource off the list: no rollback deletes it, and none waits for it',
    description: 'When it was the last one that an incomplete rollback had left, the rollback is complete.',
    params: z.strictObject({ id: provisioningId, resourceId: provisioningId }),
    body: z.strictObject({ reason: plainText(500).meta({ description: 'It stays in the history.' }) }),
    answers: { 200: { description: 'It is forgotten.', schema: provisioningAnswer } },
    problems: { 409: '`wrong-state`: the provisioning is under way, or it is deleted already.' },
    async handle({ params: { id, resourceId }, caller, body: { reason } }) {
      let callbackId: string | undefined;
      const forgetting = await forgetResource(
        deps.pool,
        { provisioningId: id, resourceId },
        { by: caller.by, reason },
        async (db, type) => {
          callbackId = await reportChange(db, { steps: deps.steps, publicUrl: deps.publicUrl() }, id, type);
        },
      );
      if (forgetting.is === 'refused') throw new Problem(409, 'wrong-state', forgetting.because);
      if (forgetting.is === 'not-there')
        throw new Problem(404, 'not-found', 'There is no such provisioning, or no such resource of it.');
      await sendSoon(deps, callbackId);
      return { status: 200, body: await readShown(deps, id) };
    },
  });
  return [forget];
}

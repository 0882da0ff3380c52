/** `/api/provisioning/{id}/callbacks`: what was sent to the caller, and once more. */
import { z } from 'zod';
import { callbacksAnswer } from '../../api/answers.ts';
import { presentCallback } from '../../api/present.ts';
import { listCallbacks, redeliverCallback } from '../../ledger/callbacks.ts';
import { readSnapshot } from '../../ledger/provisionings.ts';
import type { Deps } from '../deps.ts';
import { actorOf } from '../auth/caller.ts';
import { sendSoon } from '../tell-caller.ts';
import { Problem } from '../problem.ts';
import { provisioningId } from '../requests.ts';
import { defineRoute, type AnyRoute } from '../route.ts';
import { notThere } from './shown.ts';

const shownAttempts = 50;

export function callbackRoutes(deps: Deps): AnyRoute[] {
  const list = defineRoute({
    method: 'get',
    path: '/api/provisioning/{id}/callbacks',
    permission: 'read',
    operationId: 'listCallbacks',
    tag: 'callbacks',
    summary: 'Lists the callbacks of a provisioning, each with its newest attempts',
    params: z.strictObject({ id: provisioningId }),
    answers: { 200: { description: 'In the order in which they are sent.', schema: callbacksAnswer } },
    async handle({ params: { id } }) {
      if ((await readSnapshot(deps.pool, id)) === undefined) throw notThere();
      const callbacks = await listCallbacks(deps.pool, id, shownAttempts);
      return { status: 200, body: { items: callbacks.map(presentCallback) } };
    },
  });

  const again = defineRoute({
    method: 'post',
    path: '/api/provisioning/{id}/callbacks/{callbackId}/redeliver',
    permission: 'operate',
    operationId: 'redeliverCallback',
    tag: 'callbacks',
    summary: 'Sends a callback again, with the same id and bytes',
    params: z.strictObject({ id: provisioningId, callbackId: provisioningId }),
    answers: { 202: { description: 'It is sent soon, in its turn.', schema: callbacksAnswer } },
    async handle({ params: { id, callbackId }, caller, request }) {
      const isThere = await redeliverCallback(deps.pool, id, callbackId, actorOf(caller, request));
      if (!isThere) throw new Problem(404, 'not-found', 'There is no callback of this id.');
      await sendSoon(deps, callbackId);
      const callbacks = await listCallbacks(deps.pool, id, shownAttempts);
      return { status: 202, body: { items: callbacks.map(presentCallback) } };
    },
  });

  return [list, again];
}

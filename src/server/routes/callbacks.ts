/** `/api/provisioning/{id}/callbacks`: what was sent to the caller, and once more. */
import { z } from 'zod';
import { callbacksAnswer, callbackStates, listedCallbackAnswer, pageOf } from '../../api/answers.ts';
import { presentCallback, presentListedCallback } from '../../api/present.ts';
import { findCallbacks, listAllCallbacks, listCallbacks, redeliverCallback } from '../../ledger/callbacks.ts';
import { readSnapshot } from '../../ledger/provisionings.ts';
import type { Deps } from '../deps.ts';
import { actorOf } from '../auth/caller.ts';
import { sendSoon } from '../tell-caller.ts';
import { Problem } from '../problem.ts';
import { cursor, cursorFor, limitParameter, provisioningId } from '../requests.ts';
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

  const listAll = defineRoute({
    method: 'get',
    path: '/api/callbacks',
    permission: 'read',
    operationId: 'listAllCallbacks',
    tag: 'callbacks',
    summary: 'Lists the callbacks of all clients, newest first, each with its newest attempt',
    query: z.strictObject({
      state: z.enum(callbackStates).optional(),
      limit: limitParameter(100, 50),
      cursor: cursor.optional(),
    }),
    answers: { 200: { description: 'A page of them.', schema: pageOf(listedCallbackAnswer) } },
    async handle({ query: { state, limit, cursor: after } }) {
      const rows = await listAllCallbacks(deps.pool, { state, after, limit: limit + 1 });
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      const nextCursor =
        rows.length > limit && last !== undefined
          ? cursorFor({ createdAt: last.exactly_at, id: last.id })
          : null;
      return { status: 200, body: { items: shown.map(presentListedCallback), nextCursor } };
    },
  });

  const manyAgain = defineRoute({
    method: 'post',
    path: '/api/callbacks/redeliver',
    permission: 'operate',
    operationId: 'redeliverCallbacks',
    tag: 'callbacks',
    summary: 'Sends many callbacks again, those of one provisioning in their order',
    body: z.strictObject({ ids: z.array(provisioningId).min(1).max(100) }),
    answers: {
      202: {
        description: 'They are sent soon. Ids that name no callback are left out.',
        schema: z.strictObject({ redelivered: z.array(z.uuid()) }),
      },
    },
    async handle({ body: { ids }, caller, request }) {
      const redelivered: string[] = [];
      for (const { id, provisioningId: of } of await findCallbacks(deps.pool, ids))
        if (await redeliverCallback(deps.pool, of, id, actorOf(caller, request))) redelivered.push(id);
      // The queue may be away: then the sweeper finds them.
      deps.inBackground(sendAll(deps, redelivered));
      return { status: 202, body: { redelivered } };
    },
  });

  return [list, again, listAll, manyAgain];
}

async function sendAll(deps: Deps, ids: readonly string[]): Promise<void> {
  for (const id of ids) await sendSoon(deps, id);
}
